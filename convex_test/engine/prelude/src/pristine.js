// Has anybody changed the globals? A context whose globals changed is not used for another test.
import { lazyGlobals } from "./lazy.js";

const watched = [Object, Function, Array, String, Number, Boolean, Symbol, Promise, Map, Set, RegExp, Error, Date, Uint8Array, ArrayBuffer];
const namespaces = [globalThis, Math, JSON, Reflect, console, process, crypto];
let before = [];

function look() {
  const seen = [];
  for (const owner of namespaces) {
    for (const key of Reflect.ownKeys(owner)) {
      if (owner === globalThis && Object.hasOwn(lazyGlobals, key)) continue;
      const { value, get } = Reflect.getOwnPropertyDescriptor(owner, key);
      seen.push(key, value, get);
    }
  }
  for (const type of watched) seen.push(Reflect.ownKeys(type).length, Reflect.ownKeys(type.prototype).length);
  return seen;
}

export function remember() {
  before = look();
}

export function isPristine() {
  const after = look();
  return after.length === before.length && after.every((value, i) => Object.is(value, before[i]));
}
