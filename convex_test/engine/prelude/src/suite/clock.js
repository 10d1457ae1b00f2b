// The time of a test file: timers that the host lets fire when nothing else is left to do, and Vitest's fake timers,
// which stand still until the test moves them. Nothing sleeps: who waits for a timer finds that its time has come.
// Written here and not taken from a package, because it is the deployment's clock, too: what a test sets by
// `vi.setSystemTime` is what the functions that it calls see.
import { currentTime, execution, tick } from "../execution.js";
import { keepers } from "../execution.js";

const mostTimers = 10_000;
const globals = ["setTimeout", "setInterval", "setImmediate", "clearTimeout", "clearInterval", "clearImmediate", "queueMicrotask"];

let lastId = 0;
let real = [];
let fake = null;
let fakeFrom = 0;
let dateOnly = false;

class Timer {
  constructor(queue, callback, args, due, every) {
    Object.assign(this, { id: ++lastId, queue, callback, args, due, every });
  }
  ref() {
    return this;
  }
  unref() {
    return this;
  }
  hasRef() {
    return true;
  }
  refresh() {
    return this;
  }
  close() {
    clear(this);
  }
  [Symbol.toPrimitive]() {
    return this.id;
  }
}

function insert(timer) {
  const { queue } = timer;
  let at = queue.length;
  while (at > 0 && queue[at - 1].due > timer.due) at--;
  queue.splice(at, 0, timer);
}

export function start(callback, delay, args, repeat) {
  if (typeof callback !== "function") throw new TypeError('The "callback" argument must be of type function.');
  // As in Node, nothing is due sooner than in a millisecond, and what is out of range at once.
  const wanted = Number(delay);
  const milliseconds = wanted >= 1 && wanted <= 0x7fffffff ? Math.trunc(wanted) : 1;
  const queue = fake ?? real;
  const timer = new Timer(queue, callback, args, currentTime() + milliseconds, repeat ? milliseconds : null);
  insert(timer);
  return timer;
}

export function clear(handle) {
  for (const queue of [real, fake ?? []]) {
    const at = queue.findIndex((timer) => timer === handle || timer.id === Number(handle));
    if (at >= 0) queue.splice(at, 1);
  }
}

function fire(queue) {
  const timer = queue.shift();
  if (timer.every !== null) {
    timer.due += timer.every;
    insert(timer);
  }
  timer.callback(...timer.args);
}

// A test's view of these globals; functions have those of Convex's runtime.
const testGlobals = {
  setTimeout: (callback, delay, ...args) => start(callback, delay, args, false),
  setInterval: (callback, delay, ...args) => start(callback, delay, args, true),
  setImmediate: (callback, ...args) => start(callback, 0, args, false),
  clearTimeout: clear,
  clearInterval: clear,
  clearImmediate: clear,
  queueMicrotask: (callback) => void Promise.resolve().then(callback),
};
const hidden = { writable: true, enumerable: false, configurable: true };
const prelude = new Map(globals.map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)]));
const preludeFetch = Object.getOwnPropertyDescriptor(globalThis, "fetch");
let testFetch = preludeFetch;

function install(descriptors) {
  for (const [name, descriptor] of descriptors) {
    if (descriptor) Object.defineProperty(globalThis, name, descriptor);
    else delete globalThis[name];
  }
}

const isTest = () => execution.kind === "test";

// What a test has put in the place of `fetch` answers its actions; queries and mutations have none.
export function enterFunction() {
  if (isTest()) return;
  install(prelude);
  Object.defineProperty(globalThis, "fetch", execution.kind === "action" ? testFetch : preludeFetch);
}

export function begin(milliseconds) {
  execution.kind = "test";
  execution.live = true;
  tick(milliseconds);
  install(Object.entries(testGlobals).map(([name, value]) => [name, { ...hidden, value }]));
  keepers.push({
    save() {
      const found = [...globals, "fetch"].map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)]);
      if (isTest()) testFetch = found.at(-1)[1];
      return found;
    },
    restore: install,
    fresh: () => install(prelude),
  });
}

// Sets the time to now: of the machine, plus what the test has skipped.
export function setNow(milliseconds) {
  if (fake === null && !dateOnly) tick(milliseconds);
}

export const now = currentTime;

// The next real timer fires; false when there is none, or when it is due later than `limit`.
export function fireNext(limit) {
  if (real.length === 0 || real[0].due > limit) return false;
  if (real[0].due > currentTime() && !dateOnly) tick(real[0].due);
  fire(real);
  return true;
}

export const hasRealTimers = () => real.length > 0;

// Fake timers

function useFake() {
  if (fake === null) {
    throw new Error(
      "A function to advance timers was called but the timers APIs are not mocked. Call `vi.useFakeTimers()` in the test file first.",
    );
  }
  return fake;
}

const timeOf = (value) => (typeof value === "object" && value !== null ? value.getTime() : typeof value === "string" ? new Date(value).getTime() : Number(value));

function freeze(time) {
  if (Number.isNaN(time)) throw new TypeError("Invalid date passed to setSystemTime");
  execution.live = false;
  tick(time);
}

function runTimersUntil(end) {
  const queue = useFake();
  for (let count = 0; queue.length > 0 && queue[0].due <= end; count++) {
    if (count >= mostTimers) throw endless();
    if (queue[0].due > currentTime()) tick(queue[0].due);
    fire(queue);
  }
  if (end > currentTime() && end !== Infinity) tick(end);
}

const endless = () => new Error(`Aborting after running ${mostTimers} timers, assuming an infinite loop!`);

async function settle() {
  // Long enough for whatever an elapsed timer has set going in JavaScript alone.
  for (let i = 0; i < 20; i++) await null;
}

export const timers = {
  useFakeTimers(options = {}) {
    for (const name of Object.keys(options)) {
      if (!["now", "toFake", "toNotFake", "shouldAdvanceTime", "shouldClearNativeTimers", "loopLimit", "advanceTimeDelta"].includes(name)) {
        throw new Error(`not supported: vi.useFakeTimers({ ${name} })`);
      }
    }
    if (options.shouldAdvanceTime) throw new Error("not supported: vi.useFakeTimers({ shouldAdvanceTime: true }); advance time yourself");
    const time = options.now === undefined ? currentTime() : timeOf(options.now);
    if (fake === null) fakeFrom = currentTime();
    const faked = options.toFake;
    if (faked !== undefined && !faked.includes("setTimeout")) {
      if (faked.includes("Date")) {
        dateOnly = true;
        freeze(time);
      }
      return;
    }
    fake = [];
    if (faked === undefined || faked.includes("Date")) freeze(time);
  },
  useRealTimers() {
    if (fake === null && !dateOnly) return;
    fake = null;
    dateOnly = false;
    execution.live = true;
    tick(fakeFrom);
  },
  isFakeTimers: () => fake !== null,
  setSystemTime(value) {
    const time = value === undefined ? currentTime() : timeOf(value);
    if (fake === null) {
      if (!dateOnly) fakeFrom = currentTime();
      dateOnly = true;
    } else {
      const moved = time - currentTime();
      for (const timer of fake) timer.due += moved;
    }
    freeze(time);
  },
  getMockedSystemTime: () => (fake !== null || dateOnly ? new Date(currentTime()) : null),
  getRealSystemTime: () => (fake !== null || dateOnly ? fakeFrom : currentTime()),
  getTimerCount: () => useFake().length,
  clearAllTimers: () => void (useFake().length = 0),
  advanceTimersByTime: (milliseconds) => runTimersUntil((useFake(), currentTime()) + Number(milliseconds)),
  runAllTimers() {
    const queue = useFake();
    for (let count = 0; queue.length > 0; count++) {
      if (count >= mostTimers) throw endless();
      if (queue[0].due > currentTime()) tick(queue[0].due);
      fire(queue);
    }
  },
  runOnlyPendingTimers() {
    const queue = useFake();
    if (queue.length > 0) runTimersUntil(Math.max(...queue.map((timer) => timer.due)));
  },
  advanceTimersToNextTimer(steps = 1) {
    for (let i = 0; i < steps && useFake().length > 0; i++) runTimersUntil(fake[0].due);
  },
  runAllTicks() {},
  async advanceTimersByTimeAsync(milliseconds) {
    const end = (useFake(), currentTime()) + Number(milliseconds);
    await settle();
    while (fake !== null && fake.length > 0 && fake[0].due <= end) {
      runTimersUntil(fake[0].due);
      await settle();
    }
    if (fake !== null && end > currentTime()) tick(end);
  },
  async runAllTimersAsync() {
    useFake();
    await settle();
    for (let count = 0; fake !== null && fake.length > 0; count++) {
      if (count >= mostTimers) throw endless();
      runTimersUntil(fake[0].due);
      await settle();
    }
  },
  async runOnlyPendingTimersAsync() {
    const last = Math.max(currentTime(), ...useFake().map((timer) => timer.due));
    await timers.advanceTimersByTimeAsync(last - currentTime());
  },
  async advanceTimersToNextTimerAsync(steps = 1) {
    for (let i = 0; i < steps && useFake().length > 0; i++) await timers.advanceTimersByTimeAsync(fake[0].due - currentTime());
  },
};
