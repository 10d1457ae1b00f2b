// Has anybody changed what all tests share? Then the context is not used for another test.
//
// `remember` walks from the global object, and from the intrinsics that no global leads to, to every object that code can
// get hold of: some 650 functions and objects with 2,000 properties. `isPristine` compares with that: prototypes,
// extensibility, keys, and each property with its attributes. It runs after each test, half a millisecond.
//
// A lazy part is walked when it is loaded, from what it exports. It exports as `hidden` the objects that code can get hold of
// though nothing else of it leads there, such as the prototype of an iterator, and must not keep state that changes by use
// where the walk finds it.
//
// Known gap: that `name` or `length` of a function became writable, or can no longer be configured, is not noticed.
import { isGenuine, onLoad } from "./lazy.js";

// Intrinsics, because they are what may have been changed. For the same reason there is no `for … of` here.
const { ownKeys, getOwnPropertyDescriptor, getPrototypeOf, isExtensible, apply } = Reflect;
const { assign, values } = Object;
const { has, add } = Set.prototype;

const seen = assign(new Set(), { has, add });
const addedGlobals = assign(new Set(), { has, add });
// One place for each object. The first one is the global object.
const objects = [];
const prototypes = [];
const extensible = [];
const counts = [];
// One place for each function that has a name. The first one is for what they are copied to.
const functions = [null];
const names = [null];
const lengths = [null];
// One place for each object with properties as a method has them: writable, configurable and not enumerable. Their keys and
// values, each as an array.
const owners = [];
const methodKeys = [];
const methodValues = [];
// One place for each other property that can change.
const others = [];
const otherKeys = [];
const otherProperties = [];
// Properties that turn from an accessor into a value when they are first used.
const lazyOwners = [];
const lazyKeys = [];
let frames = 0;
let prepareStackTrace;

function isObject(value) {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

function walk(roots) {
  const found = [];
  const push = (value) => {
    if (!isObject(value) || seen.has(value)) return;
    seen.add(value);
    found[found.length] = value;
  };
  for (let i = 0; i < roots.length; i++) push(roots[i]);
  for (let i = 0; i < found.length; i++) {
    const object = found[i];
    const own = ownKeys(object);
    const prototype = getPrototypeOf(object);
    const at = objects.length;
    objects[at] = object;
    prototypes[at] = prototype;
    extensible[at] = isExtensible(object);
    counts[at] = own.length;
    push(prototype);
    const named = typeof object === "function" && rememberName(object);
    if (named && own.length === 2) continue;
    const methods = { keys: [], values: [] };
    for (let k = 0; k < own.length; k++) {
      if (!named || (own[k] !== "name" && own[k] !== "length")) rememberProperty(object, own[k], push, methods);
    }
    if (methods.keys.length === 0) continue;
    const place = owners.length;
    owners[place] = object;
    methodKeys[place] = methods.keys;
    methodValues[place] = methods.values;
  }
}

function rememberName(object) {
  const name = getOwnPropertyDescriptor(object, "name");
  const length = getOwnPropertyDescriptor(object, "length");
  // Without a name of its own it would have that of `Function.prototype`, which is empty.
  if (!name?.value || length === undefined || !isUsualOfName(name) || !isUsualOfName(length)) return false;
  const at = functions.length;
  functions[at] = object;
  names[at] = name.value;
  lengths[at] = length.value;
  return true;
}

function isUsualOfName({ writable, enumerable, configurable }) {
  return writable === false && enumerable === false && configurable === true;
}

function rememberProperty(owner, key, push, methods) {
  const property = getOwnPropertyDescriptor(owner, key);
  if (isGenuine(owner, key, property) !== undefined) {
    lazyOwners[lazyOwners.length] = owner;
    lazyKeys[lazyKeys.length] = key;
    return;
  }
  push(property.value);
  push(property.get);
  push(property.set);
  const { value, writable, enumerable, configurable } = property;
  if (writable === false && !configurable) return;
  if (methods && writable && configurable && !enumerable && value === value) {
    methods.values[methods.keys.length] = value;
    methods.keys[methods.keys.length] = key;
    return;
  }
  const at = others.length;
  others[at] = owner;
  otherKeys[at] = key;
  otherProperties[at] = property;
}

// Instances of what is reached through instances alone.
function instances() {
  const iterators = [[].values(), ""[Symbol.iterator](), "".matchAll(/./g), new Map().keys(), new Set().keys()];
  const helpers = [Iterator.from({ next() {} }), [].values().map(String), Iterator.concat([])];
  return [async () => {}, function* () {}, async function* () {}, ...iterators, ...helpers, callSite()];
}

function callSite() {
  const before = Error.prepareStackTrace;
  Error.prepareStackTrace = (_error, sites) => sites;
  const [site] = new Error().stack;
  Error.prepareStackTrace = before;
  return site;
}

export function remember() {
  walk([globalThis, ...instances().map(getPrototypeOf)]);
  frames = Error.stackTraceLimit;
  prepareStackTrace = Error.prepareStackTrace;
  onLoad((exports, added) => {
    const roots = values(exports);
    const push = (value) => {
      roots[roots.length] = value;
    };
    // Some polyfills keep a global of their own. A part that loads another one brings that one's as well.
    for (let i = 0; i < added.length; i++) {
      if (addedGlobals.has(added[i])) continue;
      addedGlobals.add(added[i]);
      counts[0]++;
      rememberProperty(globalThis, added[i], push);
    }
    walk(roots);
  });
}

export function isPristine() {
  try {
    return areObjectsSame() && areNamesSame() && areGlobalsSame() && areMethodsSame() && areOthersSame();
  } catch {
    return false;
  }
}

function areObjectsSame() {
  for (let i = 0; i < objects.length; i++) {
    const object = objects[i];
    if (ownKeys(object).length !== counts[i]) return false;
    if (getPrototypeOf(object) !== prototypes[i] || isExtensible(object) !== extensible[i]) return false;
  }
  return true;
}

function areNamesSame() {
  for (let i = 1; i < functions.length; i++) {
    const { name, length } = functions[i];
    if (name !== names[i] || length !== lengths[i]) return false;
  }
  // `Object.assign` copies what is enumerable.
  functions[0] = {};
  const copied = apply(assign, undefined, functions);
  return !("name" in copied) && !("length" in copied);
}

function areGlobalsSame() {
  // Accessors of QuickJS's.
  if (Error.stackTraceLimit !== frames || Error.prepareStackTrace !== prepareStackTrace) return false;
  for (let i = 0; i < lazyKeys.length; i++) {
    const property = getOwnPropertyDescriptor(lazyOwners[i], lazyKeys[i]);
    if (property === undefined || isGenuine(lazyOwners[i], lazyKeys[i], property) !== true) return false;
  }
  return true;
}

function areMethodsSame() {
  for (let i = 0; i < owners.length; i++) {
    const owner = owners[i];
    const keys = methodKeys[i];
    const values = methodValues[i];
    for (let k = 0; k < keys.length; k++) {
      const now = getOwnPropertyDescriptor(owner, keys[k]);
      if (now === undefined || now.value !== values[k] || !now.writable || now.enumerable || !now.configurable) return false;
    }
  }
  return true;
}

function areOthersSame() {
  for (let i = 0; i < others.length; i++) {
    const now = getOwnPropertyDescriptor(others[i], otherKeys[i]);
    const before = otherProperties[i];
    if (now === undefined || now.enumerable !== before.enumerable || now.configurable !== before.configurable) return false;
    if ("value" in before ? !isSameValue(now, before) : now.get !== before.get || now.set !== before.set) return false;
  }
  return true;
}

function isSameValue({ value, writable }, before) {
  return writable === before.writable && (value === before.value || (value !== value && before.value !== before.value));
}
