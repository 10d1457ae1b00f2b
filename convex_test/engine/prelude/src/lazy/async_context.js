// `AsyncLocalStorage` and `AsyncResource` (`npm-packages/udf-runtime/src/04_async_hooks.ts`). Contexts follow `then`, and each
// `await` of a project that names one of the two. Where code may be the continuation of an earlier `run` that was lost, as
// in a snippet of Python's `js`, the store cannot be known, and asking for it fails.
import { context, replaceStores, within } from "../contexts.js";
import { execution, onEnter } from "../execution.js";
import { notSupported } from "../failing.js";
import { nativeThen } from "../then.js";

const acrossAwait =
  "AsyncLocalStorage across await in code that is not the project's (the store of an earlier `run` would have to be " +
  "carried past an `await`; read it before the first `await`, or write the function in the project)";

// The storages that had a `run` of which something may still be going on.
let spread = new Set();

onEnter(
  () => {
    if (execution.kind !== "import") spread = new Set();
  },
  { save: () => spread, restore: (saved) => (spread = saved) },
);

const withStores = (stores) => ({ ...context(), stores });

export class AsyncLocalStorage {
  #disabled = false;

  static bind(fn) {
    if (typeof fn !== "function") throw new TypeError("fn must be a function");
    const run = AsyncLocalStorage.snapshot();
    return (...args) => run(fn, ...args);
  }
  static snapshot() {
    const here = context();
    return (fn, ...args) => within(here, fn, undefined, args);
  }
  enterWith(store) {
    const { stores, certain } = context();
    if (!certain) notSupported("AsyncLocalStorage.enterWith in code that is not the project's");
    this.#disabled = false;
    replaceStores(new Map(stores).set(this, store));
  }
  exit(callback, ...args) {
    return this.run(undefined, callback, ...args);
  }
  run(store, callback, ...args) {
    const { stores } = context();
    const inForce = !this.#disabled && stores.has(this) && Object.is(stores.get(this), store);
    this.#disabled = false;
    if (inForce) return callback(...args);
    // Jobs run in the order they were made: whatever the callback starts comes after this one.
    const reached = spread;
    Reflect.apply(nativeThen, Promise.resolve(), [() => reached.add(this)]);
    return within(withStores(new Map(stores).set(this, store)), callback, undefined, args);
  }
  disable() {
    if (this.#disabled) return;
    this.#disabled = true;
    const { stores } = context();
    if (!stores.has(this)) return;
    const others = new Map(stores);
    others.delete(this);
    replaceStores(others);
  }
  getStore() {
    if (this.#disabled) return undefined;
    const { stores, certain } = context();
    if (stores.has(this)) return stores.get(this);
    if (!certain && spread.has(this)) notSupported(acrossAwait);
    return undefined;
  }
}

export class AsyncResource {
  #context = context();

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
    const here = this.#context;
    return function (...args) {
      return within(here, fn, thisArg ?? this, args);
    };
  }
}
