// What `Request` and `Response` have in common: a body that may be read once. The runtime keeps every body as a stream;
// here one whose bytes are at hand becomes a stream only when somebody asks for that.
import { isInstance, load } from "../lazy.js";
import { notImplemented } from "../failing.js";
import { Blob, bytesAtHand, isBlobPart } from "./blob.js";
import { FormData, formDataToBlob, parseFormData } from "./form_data.js";

export const isSearchParams = (value) => isInstance(value, "url", "URLSearchParams");
const isStream = (value) => isInstance(value, "streams", "ReadableStream");

export class Body {
  #bytes = null;
  #stream = null;
  #length = null;
  #drained = false;
  #used = false;

  // `supported` is the list of types in the error of the subclass.
  _setBody(body, supported) {
    const declared = this.headers.get("content-length");
    if (declared !== null) this.#length = Number(declared);
    if (isStream(body)) {
      this.#stream = body;
    } else if (body instanceof FormData) {
      const blob = formDataToBlob(body);
      this.headers.set("content-type", blob.type);
      this.#keep(blob);
    } else if (isBlobPart(body)) {
      this.#keep(new Blob([body]));
    } else {
      notImplemented(`constructor with body type other than ${supported}`, this[Symbol.toStringTag]);
    }
  }
  _takeBody(other) {
    this.#stream = other.body;
    other.#markUsed("new Request()");
  }
  _cloneBody(clone) {
    if (this.#bytes !== null) clone.#bytes = this.#bytes;
    else if (this.body !== null) [this.#stream, clone.#stream] = this.body.tee();
  }
  // The length that is sent with the body, or null when it is not known.
  get _contentLength() {
    return this.#length;
  }
  // The body that nobody has read yet, when it need not be waited for; otherwise null.
  get _bytesAtHand() {
    return this.#bytes;
  }
  get body() {
    if (this.#bytes !== null) {
      this.#stream = new Blob([this.#bytes]).stream();
      this.#bytes = null;
    } else if (this.#drained) {
      const { ReadableStream } = load("streams");
      this.#stream ??= new ReadableStream({ type: "bytes", start: (controller) => controller.close() });
    }
    return this.#stream;
  }
  get bodyUsed() {
    return this.#used;
  }
  async blob() {
    this.#markUsed("blob");
    return this.#consume();
  }
  async text() {
    this.#markUsed("text");
    return (await this.#consume()).text();
  }
  async json() {
    this.#markUsed("json");
    return JSON.parse(await (await this.#consume()).text());
  }
  async arrayBuffer() {
    this.#markUsed("arrayBuffer");
    return (await this.#consume()).arrayBuffer();
  }
  async formData() {
    this.#markUsed("formData");
    return parseFormData(await this.#consume(), this.headers.get("content-type"));
  }
  toJSON() {
    return {};
  }

  #keep(blob) {
    this.#length = blob.size;
    this.#bytes = bytesAtHand(blob);
    if (this.#bytes === null) this.#stream = blob.stream();
  }
  #markUsed(method) {
    if (this.#used) {
      throw new TypeError(`Failed to execute '${method}' on '${this[Symbol.toStringTag]}': body stream already read`);
    }
    // No body may be read any number of times.
    this.#used = this.#bytes !== null || this.#stream !== null;
  }
  async #consume() {
    const type = this.headers.get("content-type") ?? "";
    let source = this.#stream;
    if (this.#bytes !== null) {
      source = this.#bytes;
      this.#bytes = null;
      this.#drained = true;
    }
    if (source === null) return new Blob();
    if (this.#length !== null) return Blob.fromStream(source, this.#length, type);
    if (source instanceof Uint8Array) return new Blob([source], { type });
    const reader = source.getReader();
    const chunks = [];
    for (;;) {
      const { done, value } = await reader.read();
      if (done || !value) return new Blob(chunks, { type });
      chunks.push(value);
    }
  }
}
