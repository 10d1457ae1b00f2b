// `AsyncLocalStorage` and `AsyncResource` (`npm-packages/udf-runtime/src/04_async_hooks.ts`), as far as they can be had:
// QuickJS tells nobody when a function goes on after an `await`, so a context lives until its `run` returns. Where code
// may be the continuation of an earlier `run`, the store cannot be known, and asking for it fails.
import { execution, onEnter } from "../execution.js";
import { notSupported } from "../failing.js";

const acrossAwait =
  "AsyncLocalStorage across await (the store of an earlier `run` would have to be carried past an `await`; read it " +
  "before the first `await`, and pass it on)";

const empty = new Map();
let current = empty;
// The storages that had a `run` of which something may still be going on.
let spread = new Set();

onEnter(() => {
  if (execution.kind !== "import") spread = new Set();
});

function within(context, callback, receiver, args) {
  const before = current;
  current = context;
  try {
    return Reflect.apply(callback, receiver, args);
  } finally {
    current = before;
  }
}

export class AsyncLocalStorage {
  #disabled = false;

  static bind(fn) {
    if (typeof fn !== "function") throw new TypeError("fn must be a function");
    const run = AsyncLocalStorage.snapshot();
    return (...args) => run(fn, ...args);
  }
  static snapshot() {
    const context = current;
    return (fn, ...args) => within(context, fn, undefined, args);
  }
  enterWith(_store) {
    notSupported("AsyncLocalStorage.enterWith");
  }
  exit(callback, ...args) {
    return this.run(undefined, callback, ...args);
  }
  run(store, callback, ...args) {
    this.#disabled = false;
    // Jobs run in the order they were made: whatever the callback starts comes after this one.
    const reached = spread;
    Promise.resolve().then(() => reached.add(this));
    return within(new Map(current).set(this, store), callback, undefined, args);
  }
  disable() {
    if (this.#disabled) return;
    this.#disabled = true;
    if (!current.has(this)) return;
    current = new Map(current);
    current.delete(this);
  }
  getStore() {
    if (this.#disabled) return undefined;
    if (current.has(this)) return current.get(this);
    if (spread.has(this)) notSupported(acrossAwait);
    return undefined;
  }
}

export class AsyncResource {
  #context = current;

  constructor(type, _options) {
    if (typeof type !== "string") throw new TypeError("type must be a string");
    this.type = type;
  }
  static bind(fn, type, thisArg) {
    return new AsyncResource(type || fn.name || "bound-anonymous-fn").bind(fn, thisArg);
  }
  runInAsyncScope(fn, thisArg, ...args) {
    return within(this.#context, fn, thisArg, args);
  }
  bind(fn, thisArg) {
    if (typeof fn !== "function") throw new TypeError("fn must be a function");
    const context = this.#context;
    return function (...args) {
      return within(context, fn, thisArg ?? this, args);
    };
  }
}
