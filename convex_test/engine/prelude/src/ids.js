// Document ids inside JavaScript, for `db.normalizeId`, which is synchronous. Imitates `normalize_id` in
// `crates/isolate/src/environment/udf/syscall.rs` and the encoding in `crates/value/src/id_v6.rs`.

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

// Legacy ids of the table, which the backend converts, need SHA-256 and are rare.
function looksLegacy(text) {
  if (text.length === 22) return /^[A-Za-z0-9_-]{21}[AQgw]$/.test(text);
  if (text.length < 22 || text.length > 24) return false;
  let value = 0n;
  for (const character of text) {
    const digit = base62.indexOf(character);
    if (digit < 0) return false;
    value = value * 62n + BigInt(digit);
  }
  return value < 1n << 136n && value >= 1n << 128n;
}

export function normalizeId(table, text) {
  const expected = tableNumber(table);
  if (expected === undefined) return null;
  const found = tableOfId(text);
  if (found !== null) return found === expected ? text : null;
  if (looksLegacy(text)) throw new Error(`not supported: db.normalizeId of the legacy id "${text}"`);
  return null;
}
