// `TextEncoder` and `TextDecoder`, after the Encoding standard, for UTF-8, UTF-16LE and Latin-1 labels.
// Written here because the npm packages lean on a native TextEncoder, which QuickJS has not.

const utf8Labels = new Set(["unicode-1-1-utf-8", "unicode11utf8", "unicode20utf8", "utf-8", "utf8", "x-unicode20utf8"]);
const utf16Labels = new Set(["csunicode", "iso-10646-ucs-2", "ucs-2", "unicode", "unicodefeff", "utf-16", "utf-16le"]);

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

class TextEncoder {
  get encoding() {
    return "utf-8";
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

class TextDecoder {
  #decoder;
  #bomSeen = false;
  constructor(label = "utf-8", { fatal = false, ignoreBOM = false } = {}) {
    const normal = String(label).trim().toLowerCase();
    if (utf8Labels.has(normal)) this.encoding = "utf-8";
    else if (utf16Labels.has(normal)) this.encoding = "utf-16le";
    else throw new RangeError(`not supported: TextDecoder for the encoding "${label}"; utf-8 and utf-16le are`);
    this.fatal = Boolean(fatal);
    this.ignoreBOM = Boolean(ignoreBOM);
    this.#decoder = this.encoding === "utf-8" ? new Utf8() : new Utf16();
  }
  decode(input, { stream = false } = {}) {
    const bytes = input === undefined ? new Uint8Array() : viewOf(input);
    const units = [];
    const pieces = [];
    const put = (code) => {
      if (code === -1) {
        if (this.fatal) {
          this.#decoder.reset();
          throw new TypeError("The encoded data was not valid.");
        }
        code = 0xfffd;
      }
      if (!this.#bomSeen) {
        this.#bomSeen = true;
        if (code === 0xfeff && !this.ignoreBOM) return;
      }
      if (code > 0xffff) units.push(0xd800 + ((code - 0x10000) >> 10), 0xdc00 + ((code - 0x10000) & 0x3ff));
      else units.push(code);
      if (units.length > 8192) pieces.push(String.fromCharCode(...units.splice(0)));
    };
    const decoder = this.#decoder;
    const ascii = this.encoding === "utf-8";
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

const hidden = { writable: true, enumerable: false, configurable: true };
Object.defineProperties(globalThis, {
  TextEncoder: { ...hidden, value: TextEncoder },
  TextDecoder: { ...hidden, value: TextDecoder },
});
