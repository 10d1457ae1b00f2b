// What `AsyncLocalStorage` needs of the rest: which context is in force, and handing it on to what runs later.
//
// V8 hands it on at each `await` and each `then` (`continuation_preserved_embedder_data`); QuickJS has no such thing. What
// runs later through `then` is therefore wrapped here, and of a project that names `AsyncLocalStorage` the async functions
// are turned into generators when it is bundled (`convex_test/project/contexts.py`), which are driven here. An `await` that
// is not turned into anything, such as one in a snippet of Python's `js`, loses its context: then `certain` is false.
import { onEnter } from "./execution.js";
import { watch } from "./rejections.js";
import { nativeThen, setCarrier } from "./then.js";

const { apply } = Reflect;
const none = new Map();
// The stores, by storage. Never changed, only replaced.
let current = none;
let certain = false;
let following = false;

function leave() {
  current = none;
  certain = false;
}

// Another execution has its turn between two jobs, when no context is in force.
onEnter(
  () => {
    current = none;
    certain = following;
    // What goes on by itself after the first job was not handed anything.
    if (following) apply(nativeThen, Promise.resolve(), [leave]);
  },
  { save: () => undefined, restore: leave },
);

export const context = () => ({ stores: current, certain });

export function replaceStores(stores) {
  current = stores;
}

export function within({ stores, certain: known }, callback, receiver, args) {
  const before = current;
  const wasCertain = certain;
  current = stores;
  certain = known;
  try {
    return apply(callback, receiver, args);
  } finally {
    current = before;
    certain = wasCertain;
  }
}

// V8 calls the `then` of something that is no promise in the context of the `await`.
function thenable(value) {
  if ((typeof value !== "object" && typeof value !== "function") || value === null || value instanceof Promise) return value;
  const then = value.then;
  if (typeof then !== "function") return value;
  const here = context();
  return { then: (resolve, reject) => within(here, then, value, [resolve, reject]) };
}

function carried(callback) {
  if (!following || typeof callback !== "function") return callback;
  const here = context();
  const called = (value) => thenable(callback(value));
  return (value) => within(here, called, undefined, [value]);
}
setCarrier(carried);

// A generator has the name of the function that it stands for, which is the frame below this one's.
const frame = /\n +at ([^\n]*?) ?\(?<input>:/;

function callerName() {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 3;
  const { stack } = new Error();
  Error.stackTraceLimit = limit;
  return frame.exec(stack.slice(stack.indexOf("__async")))?.[1] ?? "";
}

// In the place of an async function. As many jobs as the language's own: one for each `await`.
// Its name tells `convex_test/engine/stack.py` that the frame below it and the one above are one function.
function __async(receiver, args, generator) {
  const name = callerName();
  Object.defineProperty(generator, "name", { value: name, configurable: true });
  return watch(new Promise((resolve, reject) => {
    const advance = (how) => (value) => {
      let result;
      try {
        result = iterator[how](value);
      } catch (error) {
        reject(error);
        return;
      }
      step(result);
    };
    const fulfilled = advance("next");
    const rejected = advance("throw");
    const step = ({ done, value }) => {
      if (done) return resolve(thenable(value));
      const here = context();
      const awaited = Promise.resolve(thenable(value));
      const on = (callback) => (result) => within(here, callback, undefined, [result]);
      apply(nativeThen, awaited, [on(fulfilled), on(rejected)]);
    };
    const iterator = apply(generator, receiver, args ?? []);
    step(iterator.next());
  }));
}

// Called by a bundle that was turned into generators, before any of its modules is evaluated.
globalThis[Symbol.for("convex-test.async")] = () => {
  following = true;
  return __async;
};
