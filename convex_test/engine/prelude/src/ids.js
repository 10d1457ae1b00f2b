// Document ids inside JavaScript, for `db.normalizeId`, which is synchronous. Imitates `normalize_id` in
// `crates/isolate/src/environment/udf/syscall.rs` and the encoding in `crates/value/src/id_v6.rs`.

import { load } from "./lazy.js";

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
const digits = new Map([...alphabet].map((character, value) => [character, value]));
const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
let tables = {};

export function setTables(json) {
  tables = JSON.parse(json);
}

export function tableNumber(name) {
  return Object.hasOwn(tables, name) ? tables[name] : undefined;
}

// Number of the table that an id belongs to, or null when it is no id.
export function tableOfId(id) {
  if (id.length < 31 || id.length > 37) return null;
  const bytes = decodeBase32(id);
  if (bytes === null) return null;
  let number = 0;
  let at = 0;
  for (let shift = 0; ; shift += 7) {
    if (at >= 5) return null;
    const byte = bytes[at++];
    number += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) break;
  }
  if (number === 0 || number > 0xffffffff || bytes.length !== at + 18) return null;
  if (at > 1 && bytes[at - 1] === 0) return null;
  const [low, high] = checksum(bytes.subarray(0, at + 16));
  return bytes[at + 16] === low && bytes[at + 17] === high ? number : null;
}

function decodeBase32(text) {
  const bytes = new Uint8Array(Math.floor((text.length * 5) / 8));
  let buffer = 0;
  let bits = 0;
  let at = 0;
  for (const character of text) {
    const value = digits.get(character);
    if (value === undefined) return null;
    buffer = ((buffer << 5) | value) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = (buffer >> bits) & 0xff;
    }
  }
  // One spelling per id: no left-over bits, no left-over characters.
  if ((buffer & ((1 << bits) - 1)) !== 0) return null;
  return text.length === Math.ceil((bytes.length * 8) / 5) ? bytes : null;
}

function checksum(bytes) {
  let c0 = 0;
  let c1 = 0;
  for (const byte of bytes) {
    c0 = (c0 + byte) & 0xff;
    c1 = (c1 + c0) & 0xff;
  }
  return [c0, c1];
}

function encodeBase32(bytes) {
  let text = "";
  let buffer = 0;
  let bits = 0;
  for (const byte of bytes) {
    buffer = ((buffer << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += alphabet[(buffer >> bits) & 31];
    }
  }
  return bits > 0 ? text + alphabet[(buffer << (5 - bits)) & 31] : text;
}

function encodeId(number, internal) {
  const bytes = [];
  for (let rest = number; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) {
      bytes.push(rest);
      break;
    }
    bytes.push((rest % 128) | 128);
  }
  bytes.push(...internal);
  return encodeBase32([...bytes, ...checksum(bytes)]);
}

// The older forms, which carry no table: base 62 of 17 bytes behind a leading one, lowest digit first, and URL-safe
// base 64 of 16 bytes. `convex_test/backend/ids.py` reads them in the same way.
function internalOfBase62(text) {
  let value = 0n;
  for (let i = text.length - 1; i >= 0; i--) {
    const digit = base62.indexOf(text[i]);
    if (digit < 0) return null;
    value = value * 62n + BigInt(digit);
  }
  if (value < 1n << 136n || value >= 1n << 144n) return null;
  const bytes = new Uint8Array(18);
  for (let i = 17; i >= 0; i--, value >>= 8n) bytes[i] = Number(value & 255n);
  const old = bytes.subarray(1);
  return [...load("sha256").sha256(old.subarray(0, 15)).subarray(0, 14), old[15], old[16]];
}

function internalOfBase64(text) {
  if (!/^[A-Za-z0-9_-]{21}[AQgw]$/.test(text)) return null;
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/") + "==");
  return Array.from(binary, (character) => character.charCodeAt(0));
}

export function normalizeId(table, text) {
  const expected = tableNumber(table);
  if (expected === undefined) return null;
  const found = tableOfId(text);
  if (found === expected) return text;
  const internal = text.length > 22 ? internalOfBase62(text) : internalOfBase64(text);
  return internal === null ? null : encodeId(expected, internal);
}
