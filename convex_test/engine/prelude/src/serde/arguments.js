// Arguments that the backend reads in Rust, by `serde_v8`: what it accepts, and what it says of the rest.

// The type of a value in the words of `v8::Value::type_repr`.
export function typeName(value) {
  if (value === null) return "null";
  if (typeof value === "number") return "Number";
  if (typeof value === "boolean") return "Boolean";
  if (typeof value === "function") {
    const tag = Object.prototype.toString.call(value);
    return tag === "[object AsyncFunction]" ? "Async function" : tag === "[object GeneratorFunction]" ? "Generator function" : "function";
  }
  if (typeof value !== "object") return typeof value;
  if (Array.isArray(value)) return "array";
  const types = [DataView, ArrayBuffer, SharedArrayBuffer, WeakSet, WeakMap, Set, Map, Promise, RegExp, Date];
  const found = types.find((type) => value instanceof type);
  if (found !== undefined) return found === Date ? "Date" : found.name;
  return ArrayBuffer.isView(value) ? value[Symbol.toStringTag] : "unknown";
}

export function expected(type, value) {
  return new Error(`serde_v8 error: invalid type; expected: ${type}, got: ${typeName(value)}`);
}

export function readString(value) {
  if (typeof value !== "string" && !(value instanceof String)) throw expected("string", value);
  return String(value);
}

// One of the names of an enumeration.
export function readVariant(value, names) {
  const given = typeof value === "string" || value instanceof String;
  if (!given && (typeof value !== "object" || value === null)) throw expected("enum", value);
  if (!given) throw new Error(`serde_v8 error: length mismatch, got: ${Object.keys(value).length}, expected: 1`);
  if (names.includes(String(value))) return String(value);
  const quoted = names.map((name) => `\`${name}\``);
  const rest = quoted.length === 2 ? quoted.join(" or ") : `one of ${quoted.join(", ")}`;
  throw new Error(`unknown variant \`${value}\`, expected ${rest}`);
}

// As Rust's `as` does it: towards zero, and no further than the type reaches.
export function readInteger(value, bits) {
  if (typeof value !== "number" && typeof value !== "bigint") throw expected("integer", value);
  const number = Number(value);
  return Number.isNaN(number) ? 0 : Math.min(Math.max(Math.trunc(number), 0), 2 ** bits - 1);
}

export function readBytes(value) {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) return new Uint8Array(value);
  throw expected("buffer", value);
}

export function readObject(value) {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) throw expected("object", value);
  return value;
}

export function readArray(value) {
  if (!Array.isArray(value)) throw expected("array", value);
  return value;
}

// The fields of an object, each by its reader; a reader may be `optional`.
export function readFields(value, readers) {
  const object = readObject(value);
  const found = {};
  for (const [name, read] of Object.entries(readers)) {
    const field = object[name];
    if (field !== undefined && !(field === null && read.isOptional)) found[name] = read(field);
    else if (!read.isOptional) throw new Error(`missing field \`${name}\``);
  }
  return found;
}

export function optional(read) {
  return Object.assign((value) => read(value), { isOptional: true });
}
