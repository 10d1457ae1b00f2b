// Rejections that nobody handles. In Convex a promise that is rejected while nobody awaits it ends the function
// (`crates/isolate/src/environment/udf/mod.rs`), so a forgotten `await` in front of a failing `ctx.db.insert` is
// noticed. QuickJS tells its host nothing of them. But whoever awaits a promise, or calls its `then`, first reads
// its `constructor`: an accessor there tells that somebody did.
// Watched are the promises that `ctx` hands out, those of `Promise.reject`, and those of the project's named async
// functions (see `convex_test/project/rewrite.py`). Known gap: nameless async functions, methods, `new Promise`.
import { onEnter } from "./execution.js";
import { send } from "./mailbox.js";
import { describe } from "./describe.js";

const then = Promise.prototype.then;
const define = Object.defineProperty;
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
      return Promise;
    },
    configurable: true,
  });
}

export function suspect(record, error) {
  if (!record.handled) suspects.push({ record, error });
}

export function watch(promise) {
  if (!(promise instanceof Promise)) return promise;
  const record = { handled: false };
  then.call(promise, undefined, (error) => suspect(record, error));
  return mark(promise, record);
}

const nativeReject = Promise.reject;
define(Promise, "reject", {
  value: function reject(reason) {
    const promise = nativeReject.call(this, reason);
    return this === Promise ? watch(promise) : promise;
  },
  writable: true,
  enumerable: false,
  configurable: true,
});

const tasks = new WeakMap();

// The function itself, for whom awaits it anyway.
export function unwatched(task) {
  return tasks.get(task) ?? task;
}

globalThis[Symbol.for("convex-test.task")] = (task) => {
  const { [task.name]: watched } = {
    [task.name](...args) {
      return watch(task.apply(this, args));
    },
  };
  tasks.set(watched, task);
  return define(watched, "length", { value: task.length, configurable: true });
};

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
  if (unhandled) send("!", JSON.stringify(describe(unhandled.error)));
}
