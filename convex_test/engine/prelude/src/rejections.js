// Rejections that nobody handles. In Convex a promise that is rejected while nobody awaits it ends the function
// (`crates/isolate/src/environment/udf/mod.rs`), so a forgotten `await` in front of a failing `ctx.db.insert` is
// noticed. QuickJS tells its host nothing of them. But whoever awaits a promise, or calls its `then`, first reads
// its `constructor`: an accessor there tells that somebody did.
// Watched are the promises that `ctx` hands out, those that the methods of `Promise` and of promises make, those of
// `new Promise`, and those of the bundle's async functions (for the last two see `convex_test/project/tasks.py`).
import { isOutOfMemory, outOfMemory, rethrowExhaustion } from "./exhaustion.js";
import { execution, onEnter } from "./execution.js";
import { send } from "./mailbox.js";
import { describe } from "./describe.js";

const { apply, ownKeys, getOwnPropertyDescriptor, getPrototypeOf } = Reflect;
const define = Object.defineProperty;
const NativePromise = Promise;
const prototype = Promise.prototype;
const nativeThen = prototype.then;
let suspects = [];

onEnter(
  () => {
    suspects = [];
  },
  { save: () => suspects, restore: (saved) => (suspects = saved) },
);

// Notes on `record.handled` whether anybody takes an interest in the promise.
export function mark(promise, record) {
  return define(promise, "constructor", {
    get() {
      record.handled = true;
      return NativePromise;
    },
    configurable: true,
  });
}

export function suspect(record, error) {
  if (isOutOfMemory(error)) outOfMemory(error);
  else if (!record.handled) suspects.push({ record, error });
}

// `then`, of which nobody forgets the promise.
export function whenSettled(promise, onFulfilled, onRejected) {
  apply(nativeThen, promise, [onFulfilled, onRejected]);
}

export function watch(promise) {
  if (!(promise instanceof NativePromise) || getPrototypeOf(promise) !== prototype) return promise;
  const record = { handled: false };
  whenSettled(promise, undefined, (error) => suspect(record, error));
  return mark(promise, record);
}

const hidden = { writable: true, enumerable: false, configurable: true };

// `all` and the like call `then` of each promise, and never reject what comes of that.
let gathering = false;

// When memory ends, the reaction that `watch` asked for may be the one that no memory is left for.
function guarded(onRejected) {
  if (gathering || typeof onRejected !== "function") return onRejected;
  return (reason) => {
    rethrowExhaustion(reason);
    return onRejected(reason);
  };
}

define(prototype, "then", {
  ...hidden,
  value: {
    then(onFulfilled, onRejected) {
      const promise = apply(nativeThen, this, [onFulfilled, guarded(onRejected)]);
      return gathering ? promise : watch(promise);
    },
  }.then,
});

for (const name of ["all", "allSettled", "any", "race"]) {
  const native = Promise[name];
  const { [name]: gather } = {
    [name](promises) {
      gathering = true;
      try {
        return this === NativePromise ? watch(apply(native, this, [promises])) : apply(native, this, [promises]);
      } finally {
        gathering = false;
      }
    },
  };
  define(Promise, name, { ...hidden, value: gather });
}

const { allSettled } = Promise;
define(Promise, "allSettled", {
  ...hidden,
  value: {
    allSettled(promises) {
      const settled = apply(allSettled, this, [promises]);
      if (this === NativePromise) whenSettled(settled, (outcomes) => outcomes.forEach(noteOutcome));
      return settled;
    },
  }.allSettled,
});

function noteOutcome({ status, reason }) {
  if (status === "rejected" && isOutOfMemory(reason)) outOfMemory(reason);
}

for (const name of ["reject", "try"]) {
  const native = Promise[name];
  const { [name]: made } = {
    [name](first, ...rest) {
      const promise = apply(native, this, [first, ...rest]);
      return this === NativePromise ? watch(promise) : promise;
    },
  };
  define(Promise, name, { ...hidden, value: made });
}

const nativeWithResolvers = Promise.withResolvers;
define(Promise, "withResolvers", {
  ...hidden,
  value: {
    withResolvers() {
      const made = apply(nativeWithResolvers, this, []);
      if (this === NativePromise) watch(made.promise);
      return made;
    },
  }.withResolvers,
});

const tasks = new WeakMap();
const textOf = Object.prototype.toString;
const isAsync = (value) => typeof value === "function" && apply(textOf, value, []) === "[object AsyncFunction]";

// The function itself, for whom awaits it anyway.
export function unwatched(task) {
  return tasks.get(task) ?? task;
}

function watchedTask(task) {
  const { name, length } = task;
  const { [name]: watched } = {
    [name](...args) {
      return watch(apply(task, this, args));
    },
  };
  tasks.set(watched, task);
  return length === 0 ? watched : define(watched, "length", { value: length, configurable: true });
}

function watchClass(type) {
  for (const owner of [type, type.prototype]) {
    for (const key of ownKeys(owner)) {
      const property = getOwnPropertyDescriptor(owner, key);
      if (isAsync(property.value)) define(owner, key, { value: watchedTask(property.value) });
    }
  }
}

// What the bundle uses in the place of an async function; a class is changed.
globalThis[Symbol.for("convex-test.task")] = (value) => {
  if (isAsync(value)) return watchedTask(value);
  if (typeof value === "function" && value.prototype) watchClass(value);
  return value;
};

globalThis[Symbol.for("convex-test.promise")] = watch;

export function watchMethods(object, names) {
  for (const name of names) {
    const method = object[name];
    if (typeof method !== "function") continue;
    object[name] = (...args) => watch(method(...args));
  }
}

// Called when the job queue is empty: a handler that is attached later comes too late.
export function reportRejections() {
  const unhandled = suspects.find(({ record }) => !record.handled);
  suspects = [];
  // A test may look later at what it has begun.
  if (unhandled && execution.kind !== "test") send("!", JSON.stringify(describe(unhandled.error)));
}
