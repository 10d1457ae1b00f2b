// Has anybody changed the globals? A context whose globals changed is not used for another test.
import { isGenuine } from "./lazy.js";

const watched = [Object, Function, Array, String, Number, Boolean, Symbol, Promise, Map, Set, RegExp, Error, Date, Uint8Array, ArrayBuffer];
const namespaces = [globalThis, Math, JSON, Reflect, console, process, crypto];
let before = [];

function look() {
  const seen = [];
  for (const owner of namespaces) {
    for (const key of Reflect.ownKeys(owner)) {
      const descriptor = Reflect.getOwnPropertyDescriptor(owner, key);
      const genuine = owner === globalThis ? isGenuine(key, descriptor) : undefined;
      if (genuine === undefined) seen.push(key, descriptor.value, descriptor.get);
      else seen.push(key, genuine);
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
