// `TextEncoder` and `TextDecoder`, after the Encoding standard, for UTF-8, UTF-16LE and Latin-1 labels; what they do
// otherwise than the standard says is Convex's runtime (`npm-packages/udf-runtime/src/08_text_encoding.ts`).
// Written here because the npm packages lean on a native TextEncoder, which QuickJS has not.
import { notSupported } from "../failing.js";

const utf8Labels = new Set(["unicode-1-1-utf-8", "unicode11utf8", "unicode20utf8", "utf-8", "utf8", "x-unicode20utf8"]);
const utf16Labels = new Set(["csunicode", "iso-10646-ucs-2", "ucs-2", "unicode", "unicodefeff", "utf-16", "utf-16le"]);
const latin1Labels = new Set([
  "ansi_x3.4-1968", "ascii", "cp1252", "cp819", "csisolatin1", "ibm819", "iso-8859-1", "iso-ir-100", "iso8859-1", "iso88591",
  "iso_8859-1", "iso_8859-1:1987", "l1", "latin1", "us-ascii", "windows-1252", "x-cp1252",
]);
// How the labels of the other encodings begin.
const otherLabels =
  /^(iso|cs|windows-|cp|x-cp|x-mac|mac|koi|ibm|866|l\d|latin|arabic|asmo|ecma|elot|greek|sun_|hebrew|logical|visual|dos-|tis|chinese|gb|x-gbk|big5|cn-big5|x-x-big5|euc|x-euc|shift|sjis|x-sjis|ms|ks|korean|cyrillic|hz-gb|utf-16be|unicodefffe|x-user|replacement)/;

function encode(text) {
  const bytes = new Uint8Array(text.length * 3);
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    let code = text.charCodeAt(i);
    if (code < 0x80) {
      bytes[at++] = code;
      continue;
    }
    if (code >= 0xd800 && code < 0xe000) {
      const low = text.charCodeAt(i + 1);
      const paired = code < 0xdc00 && low >= 0xdc00 && low < 0xe000;
      if (paired) i++;
      code = paired ? 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00) : 0xfffd;
    }
    if (code < 0x800) {
      bytes[at++] = 0xc0 | (code >> 6);
    } else if (code < 0x10000) {
      bytes[at++] = 0xe0 | (code >> 12);
      bytes[at++] = 0x80 | ((code >> 6) & 0x3f);
    } else {
      bytes[at++] = 0xf0 | (code >> 18);
      bytes[at++] = 0x80 | ((code >> 12) & 0x3f);
      bytes[at++] = 0x80 | ((code >> 6) & 0x3f);
    }
    bytes[at++] = 0x80 | (code & 0x3f);
  }
  return bytes.slice(0, at);
}

export class TextEncoder {
  get encoding() {
    return "utf-8";
  }
  get [Symbol.toStringTag]() {
    return "TextEncoder";
  }
  encode(text = "") {
    return encode(String(text));
  }
  encodeInto(text, target) {
    let read = 0;
    let written = 0;
    for (const character of String(text)) {
      const bytes = encode(character);
      if (written + bytes.length > target.length) break;
      target.set(bytes, written);
      written += bytes.length;
      read += character.length;
    }
    return { read, written };
  }
}

// The decoder of the Encoding standard: a state machine over bytes, so that `stream` may cut anywhere.
class Utf8 {
  constructor() {
    this.reset();
  }
  reset() {
    this.code = 0;
    this.needed = 0;
    this.lower = 0x80;
    this.upper = 0xbf;
  }
  *push(byte) {
    if (this.needed === 0) {
      if (byte < 0x80) yield byte;
      else if (byte >= 0xc2 && byte <= 0xdf) this.start(1, byte & 0x1f);
      else if (byte >= 0xe0 && byte <= 0xef) {
        this.start(2, byte & 0x0f);
        if (byte === 0xe0) this.lower = 0xa0;
        if (byte === 0xed) this.upper = 0x9f;
      } else if (byte >= 0xf0 && byte <= 0xf4) {
        this.start(3, byte & 0x07);
        if (byte === 0xf0) this.lower = 0x90;
        if (byte === 0xf4) this.upper = 0x8f;
      } else yield -1;
      return;
    }
    if (byte < this.lower || byte > this.upper) {
      this.reset();
      yield -1;
      yield* this.push(byte);
      return;
    }
    this.lower = 0x80;
    this.upper = 0xbf;
    this.code = (this.code << 6) | (byte & 0x3f);
    if (--this.needed === 0) {
      const code = this.code;
      this.reset();
      yield code;
    }
  }
  start(needed, code) {
    this.needed = needed;
    this.code = code;
  }
  end() {
    const cut = this.needed > 0;
    this.reset();
    return cut;
  }
}

class Utf16 {
  constructor() {
    this.reset();
  }
  reset() {
    this.first = -1;
    this.lead = -1;
  }
  *push(byte) {
    if (this.first < 0) {
      this.first = byte;
      return;
    }
    const unit = this.first | (byte << 8);
    this.first = -1;
    if (this.lead >= 0) {
      const lead = this.lead;
      this.lead = -1;
      if (unit >= 0xdc00 && unit < 0xe000) {
        yield 0x10000 + ((lead - 0xd800) << 10) + (unit - 0xdc00);
        return;
      }
      yield -1;
    }
    if (unit >= 0xd800 && unit < 0xdc00) this.lead = unit;
    else if (unit >= 0xdc00 && unit < 0xe000) yield -1;
    else yield unit;
  }
  end() {
    const cut = this.first >= 0 || this.lead >= 0;
    this.reset();
    return cut;
  }
}

// The characters from 0x80 to 0x9f of windows-1252, which is what Latin-1 means on the web.
const windows1252 =
  "\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178";

class Latin1 {
  *push(byte) {
    yield byte >= 0x80 && byte < 0xa0 ? windows1252.charCodeAt(byte - 0x80) : byte;
  }
  reset() {}
  end() {
    return false;
  }
}

const malformed = Symbol("malformed");
const decoders = { "utf-8": Utf8, "utf-16le": Utf16, "windows-1252": Latin1 };

function encodingOf(label) {
  const normal = String(label).trim().toLowerCase();
  if (utf8Labels.has(normal)) return "utf-8";
  if (utf16Labels.has(normal)) return "utf-16le";
  if (latin1Labels.has(normal)) return "windows-1252";
  if (otherLabels.test(normal)) notSupported(`TextDecoder for the encoding "${label}"`);
  throw new DOMException(`The encoding label provided ('${label}') is invalid.`, "RangeError");
}

export class TextDecoder {
  #encoding;
  #fatal;
  #ignoreBOM;
  #decoder;
  #bomSeen = false;
  constructor(label = "utf-8", options = {}) {
    this.#encoding = encodingOf(label);
    this.#fatal = options.fatal || false;
    this.#ignoreBOM = options.ignoreBOM || false;
    this.#decoder = new decoders[this.#encoding]();
  }
  get encoding() {
    return this.#encoding;
  }
  get fatal() {
    return this.#fatal;
  }
  get ignoreBOM() {
    return this.#ignoreBOM;
  }
  get [Symbol.toStringTag]() {
    return "TextDecoder";
  }
  // Not as the standard says: invalid input gives undefined when `fatal`, and without input nothing is flushed.
  decode(input, { stream = false } = {}) {
    if (input === undefined) return "";
    try {
      return this.#decode(viewOf(input), stream);
    } catch (problem) {
      if (problem !== malformed) throw problem;
      this.#decoder.reset();
      this.#bomSeen &&= stream;
      return undefined;
    }
  }
  #decode(bytes, stream) {
    const units = [];
    const pieces = [];
    const put = (code) => {
      if (code === -1) {
        if (this.#fatal) throw malformed;
        code = 0xfffd;
      }
      if (!this.#bomSeen) {
        this.#bomSeen = true;
        if (code === 0xfeff && !this.#ignoreBOM) return;
      }
      if (code > 0xffff) units.push(0xd800 + ((code - 0x10000) >> 10), 0xdc00 + ((code - 0x10000) & 0x3ff));
      else units.push(code);
      if (units.length > 8192) pieces.push(String.fromCharCode(...units.splice(0)));
    };
    const decoder = this.#decoder;
    const ascii = this.#encoding === "utf-8";
    for (let i = 0; i < bytes.length; i++) {
      if (ascii && bytes[i] < 0x80 && decoder.needed === 0) put(bytes[i]);
      else for (const code of decoder.push(bytes[i])) put(code);
    }
    if (!stream) {
      if (decoder.end()) put(-1);
      this.#bomSeen = false;
    }
    pieces.push(String.fromCharCode(...units));
    return pieces.join("");
  }
}

function viewOf(input) {
  if (ArrayBuffer.isView(input)) return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
  if (input instanceof ArrayBuffer || input instanceof SharedArrayBuffer) return new Uint8Array(input);
  throw new TypeError("The provided value is not of type '(ArrayBuffer or ArrayBufferView)'");
}
