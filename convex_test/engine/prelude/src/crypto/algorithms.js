// The arguments of `crypto.subtle`, read as `crates/isolate/src/ops/subtle_crypto` reads them: which fields an algorithm
// has for an operation, and what is said of those that are not right. Bytes become base64.
import { optional, readArray, readBytes, readFields, readInteger, readString, readVariant } from "../serde/arguments.js";

const usages = ["encrypt", "decrypt", "sign", "verify", "deriveKey", "deriveBits", "wrapKey", "unwrapKey"];
const hashes = ["SHA-1", "SHA-256", "SHA-384", "SHA-512"];

export const base64 = (value) => readBytes(value).toBase64();
export const readFormat = (value) => readVariant(value, ["raw", "pkcs8", "spki", "jwk"]);
export const readUsages = (value) => [...new Set(readArray(value).map((usage) => readVariant(usage, usages)))];
export const readLength = (value) => (value === null || value === undefined ? null : readInteger(value, 53));

const oneOf = (...names) => (value) => readVariant(value, names);
const unsigned = (bits) => (value) => readInteger(value, bits);

// A hash is a name or an object with one, in any case.
export function readHash(value) {
  if (typeof value === "string") return readVariant(value.toUpperCase(), hashes);
  if (typeof value !== "object" || value === null) {
    throw new Error(`invalid type: ${shown(value)}, expected a string or object with a \`name\` key`);
  }
  return readFields(value, { name: (name) => readVariant(readString(name).toUpperCase(), hashes) }).name;
}

function shown(value) {
  if (typeof value === "number") return Number.isInteger(value) ? `integer \`${value}\`` : `floating point \`${value}\``;
  return typeof value === "boolean" ? `boolean \`${value}\`` : "unit value";
}

const rsa = { name: oneOf("RSASSA-PKCS1-v1_5", "RSA-PSS", "RSA-OAEP"), hash: readHash };
const ec = { name: oneOf("ECDSA", "ECDH"), namedCurve: oneOf("P-256", "P-384", "P-521") };
const hmac = { hash: readHash, length: optional(unsigned(32)) };
const aesKey = { name: oneOf("AES-CTR", "AES-CBC", "AES-GCM"), length: unsigned(16) };
const allRsa = ["RSASSA-PKCS1-v1_5", "RSA-PSS", "RSA-OAEP"];
const allAes = ["AES-CTR", "AES-CBC", "AES-GCM"];
const nameless = [...allAes, "AES-KW", "PBKDF2", "HKDF", "Ed25519", "X25519"];

function each(list, fields) {
  return Object.fromEntries(list.map((name) => [name, fields]));
}

// By operation and algorithm the fields; null where the algorithm has none and may be a bare name.
const tables = {
  importKey: { ...each(allRsa, rsa), ...each(["ECDSA", "ECDH"], ec), HMAC: hmac, ...each(nameless, null) },
  generateKey: {
    ...each(allRsa, { ...rsa, modulusLength: unsigned(32), publicExponent: base64 }),
    ...each(["ECDSA", "ECDH"], ec), HMAC: hmac, ...each(allAes, aesKey), ...each(["AES-KW", "Ed25519", "X25519"], null),
  },
  derivedKey: { HMAC: hmac, ...each(allAes, aesKey), "AES-KW": null },
  sign: { "RSASSA-PKCS1-v1_5": null, "RSA-PSS": { saltLength: unsigned(32) }, ECDSA: { hash: readHash }, HMAC: null, Ed25519: null },
  encrypt: {
    "RSA-OAEP": { label: optional(base64) },
    "AES-CTR": { counter: base64, length: unsigned(8) },
    "AES-CBC": { iv: base64 },
    "AES-GCM": { iv: base64, additionalData: optional(base64), tagLength: optional(unsigned(8)) },
  },
  derive: {
    PBKDF2: { hash: readHash, iterations: unsigned(32), salt: base64 },
    HKDF: { hash: readHash, salt: base64, info: base64 },
    ECDH: { public: (key) => key },
    X25519: null,
  },
};
// Operations that tell an algorithm that they do not know by its name.
const tellsName = new Set(["importKey", "generateKey", "derivedKey"]);

function nameOf(algorithm) {
  if (typeof algorithm === "string") return algorithm.toLowerCase();
  if ((typeof algorithm !== "object" && typeof algorithm !== "function") || algorithm === null) {
    throw new DOMException("Unrecognized or invalid algorithm", "NotSupportedError");
  }
  return String(algorithm.name).toLowerCase();
}

export function readAlgorithm(operation, algorithm) {
  const lower = nameOf(algorithm);
  const table = tables[operation];
  const name = Object.keys(table).find((known) => known.toLowerCase() === lower);
  if (name === undefined) {
    if (tellsName.has(operation)) throw new DOMException(`Unrecognized or invalid algorithm ${lower}`, "NotSupportedError");
    throw new DOMException("invalid algorithm for key", "InvalidAccessError");
  }
  return { name, ...(table[name] === null ? {} : readFields(algorithm, table[name])) };
}

const jwkTexts = ["kty", "use", "alg", "crv", "x", "y", "d", "n", "e", "p", "q", "dp", "dq", "qi", "k"];
const jwkFields = {
  ...each(jwkTexts, optional(readString)),
  key_ops: optional((value) => readArray(value).map(readString)),
  ext: optional((value) => value === true),
  oth: optional(readArray),
};

export function readKeyData(format, data) {
  const isBytes = ArrayBuffer.isView(data) || data instanceof ArrayBuffer;
  const read = isBytes ? base64(data) : readFields(data, jwkFields);
  if (isBytes !== (format !== "jwk")) {
    throw new TypeError(`wrong keyData for format ${format[0].toUpperCase()}${format.slice(1)}`);
  }
  return read;
}
