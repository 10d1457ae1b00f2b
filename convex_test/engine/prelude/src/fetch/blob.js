// `Blob` and `File` (`npm-packages/udf-runtime/src/09_file.ts`). Property names are those of the runtime, because they
// are seen in JSON and in the console.
import { notImplemented } from "../failing.js";
import { load } from "../lazy.js";

// Bytes that nobody changes any more.
export class Bytes {
  #data;
  constructor(data) {
    this.#data = data;
  }
  get size() {
    return this.#data.length;
  }
  slice(start, end) {
    return new Bytes(this.#data.slice(start, end));
  }
  atHand() {
    return this.#data;
  }
  async *read() {
    yield this.#data.slice();
  }
}

// The body of a request or response: may be read once. `source` is a stream, or its bytes when they are at hand.
export class SingleUse {
  #source;
  constructor(source, size) {
    this.#source = source;
    this._size = size;
  }
  get size() {
    return this._size;
  }
  slice(start, end) {
    if (this.#source === null) throw new TypeError("Can't re-read streaming Blob");
    if (this.#source instanceof Uint8Array) return new SingleUse(this.#source.slice(start, end), end - start);
    const [rest, sliced] = this.#source.tee();
    this.#source = rest;
    return new SingleUse(streamOf(cut(sliced, start, end)), end - start);
  }
  async *read() {
    const source = this.#take();
    if (source instanceof Uint8Array) yield source.slice();
    else yield* source;
  }
  #take() {
    if (this.#source === null) throw new TypeError("Can't re-read streaming Blob");
    const source = this.#source;
    this.#source = null;
    return source;
  }
}

async function* cut(stream, start, end) {
  let read = 0;
  for await (const chunk of stream) {
    if (read >= end) return;
    yield chunk.slice(Math.max(0, start - read), end - read);
    read += chunk.length;
  }
}

export function streamOf(iterator) {
  const { ReadableStream } = load("streams");
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      for (;;) {
        const { value, done } = await iterator.next();
        if (done) return controller.close();
        if (value.byteLength > 0) return controller.enqueue(value);
      }
    },
  });
}

async function* readParts(parts) {
  for (const part of parts) {
    if (part instanceof Blob) yield* readParts(part._parts);
    else yield* part.read();
  }
}

function normalizeType(type) {
  return !type || !/^[\x20-\x7e]*$/.test(type) ? "" : String(type).toLowerCase();
}

const isBuffer = (value) => value instanceof ArrayBuffer || value instanceof SharedArrayBuffer;
const isView = (value) => isBuffer(value.buffer) && typeof value.byteLength === "number" && typeof value.byteOffset === "number";

export function isBlobPart(value) {
  if (value === undefined || value === null) return false;
  return typeof value === "string" || value instanceof ArrayBuffer || value instanceof Blob || isView(value);
}

function partOf(value) {
  if (value instanceof Blob) return value;
  if (typeof value === "string") return new Bytes(new TextEncoder().encode(value));
  if (value instanceof ArrayBuffer) return new Bytes(new Uint8Array(value.slice()));
  if (isView(value)) {
    return new Bytes(new Uint8Array(value.buffer.slice(value.byteOffset, value.byteOffset + value.byteLength)));
  }
  return notImplemented("constructor with unsupported Blob part", "Blob", "Only ArrayBuffer, Blob and string supported");
}

// The bytes of a blob, or null when they can be had only by waiting.
export function bytesAtHand(blob) {
  const pieces = blob._parts.map((part) => (part instanceof Blob ? bytesAtHand(part) : part instanceof Bytes ? part.atHand() : null));
  if (pieces.includes(null)) return null;
  if (pieces.length === 1) return pieces[0];
  const bytes = new Uint8Array(blob._size);
  let offset = 0;
  for (const piece of pieces) {
    bytes.set(piece, offset);
    offset += piece.length;
  }
  return bytes;
}

export class Blob {
  constructor(blobParts, options) {
    this._parts = [];
    this._size = 0;
    for (const value of blobParts ?? []) {
      const part = partOf(value);
      this._parts.push(part);
      this._size += part.size;
    }
    this._type = normalizeType(options?.type);
  }
  static fromStream(stream, size, type) {
    // The stream is locked now, what `stream()` returns is not.
    return singleUse(stream instanceof Uint8Array ? stream : streamOf(stream[Symbol.asyncIterator]()), size, type);
  }
  get size() {
    return this._size;
  }
  get type() {
    return this._type;
  }
  slice(start, end, contentType) {
    const at = (position, otherwise) => {
      if (position === undefined) return otherwise;
      return position < 0 ? Math.max(this._size + position, 0) : Math.min(position, this._size);
    };
    const from = at(start, 0);
    const to = Math.max(at(end, this._size), from);
    const result = new Blob([], { type: contentType });
    result._size = to - from;
    let offset = 0;
    for (const part of this._parts) {
      const first = Math.max(from - offset, 0);
      const last = Math.min(to - offset, part.size);
      if (first < last) result._parts.push(part.slice(first, last));
      offset += part.size;
    }
    return result;
  }
  async text() {
    return new TextDecoder().decode(await this.arrayBuffer());
  }
  async arrayBuffer() {
    const bytes = new Uint8Array(this._size);
    let offset = 0;
    for await (const chunk of readParts(this._parts)) {
      bytes.set(chunk, offset);
      offset += chunk.byteLength;
    }
    return bytes.buffer;
  }
  stream() {
    return streamOf(readParts(this._parts));
  }
  get [Symbol.toStringTag]() {
    return "Blob";
  }
  inspect() {
    return `Blob { size: ${this.size}, type: "${this.type}" }`;
  }
}

function singleUse(source, size, type) {
  const blob = new Blob([], { type });
  blob._parts = [new SingleUse(source, size)];
  blob._size = size;
  return blob;
}

export class File extends Blob {
  constructor(fileParts, fileName, options) {
    super(fileParts, options);
    this._fileName = String(fileName);
    this._lastModified = options?.lastModified ?? Date.now();
  }
  get name() {
    return this._fileName;
  }
  get lastModified() {
    return this._lastModified;
  }
  get [Symbol.toStringTag]() {
    return "File";
  }
}
