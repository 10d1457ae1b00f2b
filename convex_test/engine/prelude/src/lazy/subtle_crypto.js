// `crypto.subtle` (`npm-packages/udf-runtime/src/00_crypto.ts`): the host computes, with the key's material in the request.
import { evaluated, execution, notInTransactions, onEnter } from "../execution.js";
import { developerError, notImplemented, requireArguments } from "../failing.js";
import { post } from "../mailbox.js";
import { watch } from "../rejections.js";
import { base64, readAlgorithm, readFormat, readHash, readKeyData, readLength, readUsages } from "../crypto/algorithms.js";

const created = Symbol("created");

function readOnly(object, properties) {
  for (const [name, value] of Object.entries(properties)) Object.defineProperty(object, name, { value, enumerable: true });
}

export class CryptoKey {
  #description;

  constructor(key, description) {
    if (key !== created) throw new TypeError("Illegal constructor");
    this.#description = description;
    const { type, extractable, algorithm, usages } = description;
    readOnly(this, { type, extractable, algorithm: algorithmObject(algorithm), usages: [...usages] });
  }
  static describe(key) {
    if (!(key instanceof CryptoKey)) throw new TypeError("not of type CryptoKey");
    return key.#description;
  }
}
const describeKey = CryptoKey.describe;
delete CryptoKey.describe;
Object.defineProperty(CryptoKey.prototype, Symbol.toStringTag, { value: "CryptoKey", writable: true, configurable: true });

function algorithmObject(algorithm) {
  const object = Object.assign(Object.create(null), algorithm);
  if (object.hash !== undefined) object.hash = Object.assign(Object.create(null), { name: object.hash });
  if (object.publicExponent !== undefined) object.publicExponent = Uint8Array.fromBase64(object.publicExponent);
  return object;
}

// A key from the host, with its material; what came goes back with each request.
function makeKey(description) {
  return new CryptoKey(created, description);
}

const bufferOf = (text) => Uint8Array.fromBase64(text).buffer;

// Requests made while modules load: nobody answers then, and a module may keep the promise for the functions in it.
const early = new Set();

const loading = () => execution.kind === "import" || evaluated() !== undefined;

onEnter(() => {
  if (loading()) return;
  for (const { op, args, settle } of early) post(op, args).then(settle);
});

function ask(op, args) {
  if (!loading()) return post(op, JSON.stringify(args));
  return new Promise((resolve) => {
    const waiting = { op, args: JSON.stringify(args) };
    waiting.settle = (text) => {
      early.delete(waiting);
      resolve(text);
    };
    early.add(waiting);
  });
}

async function request(operation, args) {
  const { error, result } = JSON.parse(await ask(`crypto/${operation}`, args));
  if (error === undefined) return result;
  if (error.name === "TypeError") throw new TypeError(error.message);
  throw error.name === "Error" ? new Error(error.message) : new DOMException(error.message, error.name);
}

function requireUsage(key, usage) {
  if (!key.usages.includes(usage)) {
    throw new DOMException(`CryptoKey does not have "${usage}" usage`, "InvalidAccessError");
  }
}

// Of `crates/isolate/src/environment/{udf/mod,analyze,schema,auth_config}.rs`.
function requireRandomness() {
  const { kind } = execution;
  if (kind === "import") throw new Error("Cannot use cryptographic randomness at import time");
  if (evaluated()) throw new Error(`Cannot use cryptographic randomness when evaluating ${evaluated()}`);
  if (kind !== "action") throw notInTransactions("cryptographic randomness");
}

function refuseKeyWrapping(operation, { name }) {
  if (name === "AES-KW") notImplemented(`crypto.subtle.${operation}`, name);
}

const random = { sign: ["RSA-PSS", "ECDSA"], encrypt: ["RSA-OAEP"] };

// `table` names the algorithms' parameters; the last of the buffers is the data.
async function useKey(operation, table, [algorithm, key, ...buffers]) {
  const args = { algorithm: readAlgorithm(table, algorithm), key: describeKey(key) };
  [args.data, args.signature] = buffers.map(base64).reverse();
  requireUsage(args.key, operation);
  const { name } = args.algorithm;
  const half = operation === "sign" || operation === "decrypt" ? "private" : "public";
  if (args.key.algorithm.name !== name || (args.key.type !== half && args.key.type !== "secret")) {
    throw new DOMException("invalid algorithm for key", "InvalidAccessError");
  }
  if (random[operation]?.includes(name)) requireRandomness();
  return request(operation, args);
}

function readDerivation(algorithm) {
  const read = readAlgorithm("derive", algorithm);
  if ("public" in read) read.public = describeKey(read.public);
  return read;
}

function refuseX25519(operation, { name }) {
  if (name === "X25519") notImplemented(`crypto.subtle.${operation}`, name);
}

const operations = {
  async digest(algorithm, data) {
    return bufferOf(await request("digest", { hash: readHash(algorithm), data: base64(data) }));
  },
  async sign(...args) {
    return bufferOf(await useKey("sign", "sign", args));
  },
  async verify(...args) {
    return useKey("verify", "sign", args);
  },
  async encrypt(...args) {
    return bufferOf(await useKey("encrypt", "encrypt", args));
  },
  async decrypt(...args) {
    return bufferOf(await useKey("decrypt", "encrypt", args));
  },
  async importKey(format, keyData, algorithm, extractable, keyUsages) {
    const args = { format: readFormat(format) };
    args.data = readKeyData(args.format, keyData);
    args.algorithm = readAlgorithm("importKey", algorithm);
    args.extractable = extractable === true;
    args.usages = readUsages(keyUsages);
    refuseKeyWrapping("importKey", args.algorithm);
    return makeKey(await request("importKey", args));
  },
  async exportKey(format, key) {
    const exported = await request("exportKey", { format: readFormat(format), key: describeKey(key) });
    return typeof exported === "string" ? bufferOf(exported) : Object.assign(Object.create(null), exported);
  },
  async generateKey(algorithm, extractable, keyUsages) {
    const args = { algorithm: readAlgorithm("generateKey", algorithm), extractable: extractable === true };
    args.usages = readUsages(keyUsages);
    requireRandomness();
    refuseKeyWrapping("generateKey", args.algorithm);
    const { privateKey, publicKey, ...key } = await request("generateKey", args);
    return publicKey === undefined ? makeKey(key) : { privateKey: makeKey(privateKey), publicKey: makeKey(publicKey) };
  },
  async deriveBits(algorithm, baseKey, length) {
    const read = readDerivation(algorithm);
    const key = describeKey(baseKey);
    const bits = readLength(length);
    requireUsage(key, "deriveBits");
    refuseX25519("deriveBits", read);
    return bufferOf(await request("deriveBits", { algorithm: read, key, length: bits }));
  },
  async deriveKey(algorithm, baseKey, derivedKeyType, extractable, keyUsages) {
    const read = readDerivation(algorithm);
    const key = describeKey(baseKey);
    const args = { algorithm: read, key, type: readAlgorithm("derivedKey", derivedKeyType), extractable: extractable === true };
    args.usages = readUsages(keyUsages);
    requireUsage(key, "deriveKey");
    refuseKeyWrapping("deriveKey", args.type);
    refuseX25519("deriveKey", read);
    return makeKey(await request("deriveKey", args));
  },
  async wrapKey() {
    notImplemented("wrapKey", "SubtleCrypto");
  },
  async unwrapKey() {
    notImplemented("unwrapKey", "SubtleCrypto");
  },
};

const required = {
  digest: 2, encrypt: 3, decrypt: 3, sign: 3, verify: 4, importKey: 5, exportKey: 2, deriveBits: 3, deriveKey: 5, generateKey: 3,
};

export class SubtleCrypto {
  constructor() {
    developerError("Illegal constructor: SubtleCrypto");
  }
  inspect() {
    return "SubtleCrypto {}";
  }
}

for (const [name, operation] of Object.entries(operations)) {
  const check = async (args) => {
    requireArguments(args.length, required[name] ?? 0, `Failed to execute '${name}' on 'SubtleCrypto'`);
    return operation(...args);
  };
  const method = { [name]: (...args) => watch(check(args)) }[name];
  Object.defineProperty(SubtleCrypto.prototype, name, { value: method, enumerable: true, configurable: true, writable: true });
}
Object.defineProperty(SubtleCrypto.prototype, Symbol.toStringTag, { value: "SubtleCrypto" });

export const subtle = Object.create(SubtleCrypto.prototype);
