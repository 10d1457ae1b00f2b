// `Headers` (`npm-packages/udf-runtime/src/20_headers.ts`): insertion order, and duplicates stay apart.
import { load } from "../lazy.js";
import { readString } from "../serde/arguments.js";

function normalize(name, method) {
  const text = readString(name);
  if (/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(text) && text.length < 65536) return text.toLowerCase();
  // The runtime has one quotation mark too few here.
  throw new TypeError(`Failed to execute '${method}' on 'Headers: Invalid name`);
}

export class Headers {
  constructor(init) {
    this._headersList = [];
    if (init === undefined) return;
    if (Array.isArray(init)) {
      for (const pair of init) {
        if (pair.length !== 2) throw TypeError("Failed to construct 'Headers': Invalid value");
        this.append(pair[0], pair[1]);
      }
    } else if (init instanceof Headers) {
      for (const [name, value] of init) this.append(name, value);
    } else {
      for (const name in init) this.append(name, init[name]);
    }
  }
  append(name, value) {
    this._headersList.push([normalize(name, "append"), String(value)]);
  }
  delete(name) {
    const wanted = normalize(name, "delete");
    this._headersList = this._headersList.filter(([key]) => key !== wanted);
  }
  get(name) {
    const values = this.#all(normalize(name, "get"));
    return values.length === 0 ? null : values.join(", ");
  }
  has(name) {
    return this.#all(normalize(name, "has")).length > 0;
  }
  set(name, value) {
    const wanted = normalize(name, "set");
    this.delete(wanted);
    this.append(wanted, value);
  }
  getSetCookie() {
    return this.#all("set-cookie");
  }
  #all(name) {
    return this._headersList.filter(([key]) => key === name).map(([, value]) => value);
  }
  forEach(callback) {
    this._headersList.forEach(([name, value]) => {
      callback(value, name, this);
    });
  }
  entries() {
    return this._headersList[Symbol.iterator]();
  }
  keys() {
    return this._headersList.map(([name]) => name)[Symbol.iterator]();
  }
  values() {
    return this._headersList.map(([, value]) => value)[Symbol.iterator]();
  }
  [Symbol.iterator]() {
    return this.entries();
  }
  get [Symbol.toStringTag]() {
    return "Headers";
  }
  inspect() {
    return `Headers ${load("inspect").inspect(Object.fromEntries(this._headersList))}`;
  }
}
