// `Math.random` and `crypto`, seeded per execution. The generator is sfc32 (public domain, PractRand):
// Convex uses ChaCha12, but only that it is seeded can be noticed.
import { evaluated, execution, isConfig, onEnter, refuseInConfig } from "./execution.js";
import { developerError, requireArguments } from "./failing.js";
import { load } from "./lazy.js";

let a = 0, b = 0, c = 0, d = 1;
let seeded = false;

function seed() {
  refuseInConfig("Math.random");
  seeded = true;
  [a, b, c, d] = execution.seed;
  for (let i = 0; i < 12; i++) uint32();
}

function uint32() {
  if (!seeded) seed();
  const t = (((a + b) | 0) + d) | 0;
  d = (d + 1) | 0;
  a = b ^ (b >>> 9);
  b = (c + (c << 3)) | 0;
  c = (c << 21) | (c >>> 11);
  c = (c + t) | 0;
  return t >>> 0;
}

onEnter(
  () => {
    seeded = false;
  },
  { save: () => [seeded, a, b, c, d], restore: (saved) => ([seeded, a, b, c, d] = saved) },
);

const hidden = { writable: true, enumerable: false, configurable: true };
Object.defineProperty(Math, "random", {
  ...hidden,
  value: function random() {
    return ((uint32() >>> 5) * 67108864 + (uint32() >>> 6)) / 9007199254740992;
  },
});

class Crypto {
  constructor() {
    developerError("Illegal constructor: Crypto");
  }
  get subtle() {
    return load("subtle_crypto").subtle;
  }
  getRandomValues(array) {
    requireArguments(arguments.length, 1, "Failed to execute 'getRandomValues' on 'Crypto'");
    if (array instanceof Float32Array || array instanceof Float64Array) {
      throw new DOMException("The provided ArrayBufferView is not an integer array type", "TypeMismatchError");
    }
    if (!ArrayBuffer.isView(array)) throw new TypeError("not supported: crypto.getRandomValues of something that is no typed array");
    if (isConfig()) throw new Error(`Cannot use cryptographic randomness when evaluating ${evaluated()}`);
    if (array.byteLength > 65536) {
      throw new TypeError(`Byte length (${array.byteLength}) exceeds the number of bytes of entropy available via this API (65536)`);
    }
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    for (let i = 0; i < bytes.length; i++) bytes[i] = uint32() >>> 24;
    return array;
  }
  randomUUID() {
    const bytes = this.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  }
}

Object.defineProperties(globalThis, {
  Crypto: { ...hidden, value: Crypto },
  crypto: { ...hidden, value: Object.create(Crypto.prototype) },
});
