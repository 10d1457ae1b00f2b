// Has anybody changed the globals? A context whose globals changed is not used for another test.
//
// Every own property of the global object, of the language's constructors and their prototypes, and of what the
// prelude installed, is compared with what it was. That is some thousand reads, a tenth of a millisecond.
import { isGenuine, onLoad } from "./lazy.js";

// None of these is lazy: to look at a lazy one would load it.
const constructors = [
  "Object", "Function", "Array", "String", "Number", "Boolean", "Symbol", "BigInt", "Promise", "Map", "Set", "WeakMap", "WeakSet",
  "RegExp", "Error", "TypeError", "RangeError", "SyntaxError", "ReferenceError", "EvalError", "URIError", "AggregateError",
  "Date", "ArrayBuffer", "SharedArrayBuffer", "DataView", "Int8Array", "Uint8Array", "Uint8ClampedArray", "Int16Array",
  "Uint16Array", "Int32Array", "Uint32Array", "BigInt64Array", "BigUint64Array", "Float32Array", "Float64Array", "Iterator",
  "Crypto",
];

function owners() {
  const prototypeOf = Object.getPrototypeOf;
  // What is written to `process.env` lands on its Proxy's target, whose keys are seen through the Proxy.
  const found = [Math, JSON, Reflect, Atomics, console, process, process.env, crypto, Convex];
  for (const name of constructors) found.push(...withPrototype(globalThis[name]));
  for (const callable of [async () => {}, function* () {}, async function* () {}]) {
    found.push(prototypeOf(callable));
    if (callable.prototype) found.push(prototypeOf(callable.prototype));
  }
  found.push(prototypeOf(Int8Array), prototypeOf(Int8Array.prototype));
  for (const iterable of [[], "", new Map(), new Set()]) found.push(prototypeOf(iterable[Symbol.iterator]()));
  return found;
}

function withPrototype(value) {
  if (typeof value !== "function") return [];
  return value.prototype ? [value, value.prototype] : [value];
}

// Intrinsics, because they are what may have been changed.
const ownKeys = Reflect.ownKeys;
const describeProperty = Reflect.getOwnPropertyDescriptor;
const is = Object.is;

let remembered = [];

function state(owner) {
  const keys = ownKeys(owner);
  const plain = [];
  const others = [];
  for (const key of keys) {
    const descriptor = describeProperty(owner, key);
    if (owner === globalThis && isGenuine(key, descriptor) !== undefined) others.push(key, null);
    else if ("value" in descriptor) plain.push(key, descriptor.value);
    else others.push(key, descriptor);
  }
  return { owner, count: keys.length, plain, others };
}

let frames = 0;

export function remember() {
  remembered = [globalThis, ...owners()].map(state);
  frames = Error.stackTraceLimit;
  onLoad((exports, added) => {
    for (const value of Object.values(exports)) remembered.push(...withPrototype(value).map(state));
    // Some polyfills keep a global of their own.
    const [globals] = remembered;
    globals.count += added.length;
    for (const name of added) globals.plain.push(name, globalThis[name]);
  });
}

export function isPristine() {
  // An accessor of QuickJS's.
  if (Error.stackTraceLimit !== frames) return false;
  for (const { owner, count, plain, others } of remembered) {
    if (ownKeys(owner).length !== count) return false;
    for (let i = 0; i < plain.length; i += 2) {
      if (!is(owner[plain[i]], plain[i + 1])) return false;
    }
    for (let i = 0; i < others.length; i += 2) {
      if (!isSame(describeProperty(owner, others[i]), others[i], others[i + 1])) return false;
    }
  }
  return true;
}

// An accessor, or a lazy global (`before` is null), which turns from an accessor into a value when it is used.
function isSame(now, key, before) {
  if (now === undefined) return false;
  return before === null ? isGenuine(key, now) === true : is(now.get, before.get) && is(now.set, before.set);
}
