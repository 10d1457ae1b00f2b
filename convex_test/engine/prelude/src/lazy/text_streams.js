// `TextEncoderStream` and `TextDecoderStream` (`npm-packages/udf-runtime/src/08_text_encoding.ts`).
import { load } from "../lazy.js";

function printed(stream, properties) {
  const shown = Object.fromEntries(properties.map((name) => [name, stream[name]]));
  return `${stream[Symbol.toStringTag]} ${load("inspect").inspect(shown)}`;
}

export class TextDecoderStream {
  #decoder;
  #transform;

  constructor(label = "utf-8", options = {}) {
    const decoder = (this.#decoder = new TextDecoder(String(label), options));
    this.#transform = new (load("streams").TransformStream)({
      async transform(chunk, controller) {
        const text = decoder.decode(chunk, { stream: true });
        if (text) controller.enqueue(text);
      },
      async flush(controller) {
        const text = decoder.decode();
        if (text) controller.enqueue(text);
      },
    });
  }
  get encoding() {
    return this.#decoder.encoding;
  }
  get fatal() {
    return this.#decoder.fatal;
  }
  get ignoreBOM() {
    return this.#decoder.ignoreBOM;
  }
  get readable() {
    return this.#transform.readable;
  }
  get writable() {
    return this.#transform.writable;
  }
  get [Symbol.toStringTag]() {
    return "TextDecoderStream";
  }
  inspect() {
    return printed(this, ["encoding", "fatal", "ignoreBOM", "readable", "writable"]);
  }
}

export class TextEncoderStream {
  #transform;

  constructor() {
    // The first half of a surrogate pair waits for the second.
    let pending = "";
    this.#transform = new (load("streams").TransformStream)({
      async transform(chunk, controller) {
        if (chunk === "") return;
        let text = pending + chunk;
        const last = text.charCodeAt(text.length - 1);
        pending = last >= 0xd800 && last <= 0xdbff ? text.slice(-1) : "";
        if (pending !== "") text = text.slice(0, -1);
        if (text) controller.enqueue(new TextEncoder().encode(text));
      },
      async flush(controller) {
        if (pending !== "") controller.enqueue(new Uint8Array([0xef, 0xbf, 0xbd]));
      },
    });
  }
  get encoding() {
    return "utf-8";
  }
  get readable() {
    return this.#transform.readable;
  }
  get writable() {
    return this.#transform.writable;
  }
  get [Symbol.toStringTag]() {
    return "TextEncoderStream";
  }
  inspect() {
    return printed(this, ["encoding", "readable", "writable"]);
  }
}
