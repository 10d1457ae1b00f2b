// Time is the host's: `Date` begins with the host's time and goes on with the machine's, and timers ask the host, which
// jumps to them when nothing else is left to do. `setImmediate` and Node's inner timers are untouched.
import { syncBuiltinESMExports } from "node:module";
import timers from "node:timers";
import promises from "node:timers/promises";
import { promisify } from "node:util";
import { current, skippedTime } from "./invocation.mjs";
import { native } from "./natives.mjs";

const hidden = { writable: true, enumerable: false, configurable: true };
const longest = 2 ** 31 - 1;

export const currentTime = () => current()?.currentTime() ?? native.Date.now();

function HostDate(...args) {
  if (new.target === undefined) return new native.Date(currentTime()).toString();
  const given = args.length === 0 ? [currentTime()] : args;
  return Reflect.construct(native.Date, given, new.target === HostDate ? native.Date : new.target);
}

function installDate() {
  const { Date } = native;
  Object.defineProperty(HostDate, "name", { value: "Date", configurable: true });
  Object.defineProperty(HostDate, "length", { value: 7, configurable: true });
  Object.defineProperty(HostDate, "prototype", { value: Date.prototype, writable: false });
  Object.defineProperties(HostDate, {
    now: { ...hidden, value: function now() { return currentTime(); } },
    parse: { ...hidden, value: Date.parse },
    UTC: { ...hidden, value: Date.UTC },
  });
  Object.defineProperty(Date.prototype, "constructor", { ...hidden, value: HostDate });
  globalThis.Date = HostDate;
}

class Timeout {
  #state;
  constructor(callback, delay, args, repeat) {
    const milliseconds = delay >= 1 && delay <= longest ? Math.trunc(delay) : 1;
    this.#state = { callback, milliseconds, args, repeat, invocation: current(), id: ++Timeout.last, turn: 0, refed: true };
    this.#sleep();
  }
  static last = 0;
  #sleep() {
    const state = this.#state;
    const turn = ++state.turn;
    state.invocation?.timers.set(state.id, this);
    const asleep = state.invocation?.post("timer", JSON.stringify({ id: state.id, milliseconds: state.milliseconds }));
    asleep?.then(() => {
      if (state.turn !== turn || !state.invocation.timers.has(state.id)) return;
      if (state.repeat) this.#sleep();
      else state.invocation.timers.delete(state.id);
      // An exception is one that nobody has caught, not one of the promise.
      const call = () => state.callback.apply(this, state.args);
      try {
        call();
      } catch (error) {
        queueMicrotask(() => { throw error; });
      }
    });
  }
  ref() { this.#state.refed = true; return this; }
  unref() { this.#state.refed = false; return this; }
  hasRef() { return this.#state.refed; }
  refresh() { this.#sleep(); return this; }
  close() { this.#state.turn++; this.#state.invocation?.timers.delete(this.#state.id); return this; }
  [Symbol.toPrimitive]() { return this.#state.id; }
  [Symbol.dispose ?? Symbol.for("dispose")]() { this.close(); }
}

function starting(name, repeat) {
  const start = {
    [name](callback, delay, ...args) {
      // Node's own complaint.
      if (typeof callback !== "function") return native.setTimeout(callback);
      return new Timeout(callback, Number(delay), args, repeat);
    },
  }[name];
  return start;
}

function clear(timer) {
  if (timer instanceof Timeout) timer.close();
  else if (typeof timer === "number" || typeof timer === "string") current()?.timers.get(Number(timer))?.close();
  else if (timer) native.clearTimeout(timer);
}

function abortError(signal) {
  const error = new Error("The operation was aborted", { cause: signal.reason });
  return Object.assign(error, { name: "AbortError", code: "ABORT_ERR" });
}

function sleep(delay, value, { signal } = {}) {
  if (signal?.aborted) return Promise.reject(abortError(signal));
  return new Promise((resolve, reject) => {
    const timer = globalThis.setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve(value);
    }, delay);
    const abort = () => {
      timer.close();
      reject(abortError(signal));
    };
    signal?.addEventListener("abort", abort, { once: true });
  });
}

async function* tick(delay, value, options) {
  for (;;) yield await sleep(delay, value, options);
}

export function installClock() {
  installDate();
  performance.now = function now() {
    return native.now() + skippedTime();
  };
  const replaced = {
    setTimeout: starting("setTimeout", false),
    setInterval: starting("setInterval", true),
    clearTimeout: function clearTimeout(timer) { clear(timer); },
    clearInterval: function clearInterval(timer) { clear(timer); },
  };
  Object.defineProperty(replaced.setTimeout, promisify.custom, { value: sleep });
  Object.assign(globalThis, replaced);
  Object.assign(timers, replaced);
  promises.setTimeout = sleep;
  promises.setInterval = tick;
  if (promises.scheduler) promises.scheduler.wait = (delay, options) => sleep(delay, undefined, options);
  AbortSignal.timeout = function timeout(delay) {
    const controller = new AbortController();
    const reason = () => new DOMException("The operation was aborted due to timeout", "TimeoutError");
    globalThis.setTimeout(() => controller.abort(reason()), delay);
    return controller.signal;
  };
  Math.random = function random() {
    return current()?.random() ?? native.random();
  };
  syncBuiltinESMExports();
}
