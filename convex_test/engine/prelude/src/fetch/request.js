// `Request` (`npm-packages/udf-runtime/src/23_request.ts`).
import { notImplemented } from "../failing.js";
import { isInstance, load } from "../lazy.js";
import { Blob } from "./blob.js";
import { Body, isSearchParams } from "./body.js";
import { Headers } from "./headers.js";

const methods = new Set(["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]);

function validUrl(url) {
  const { protocol, href } = new (load("url").URL)(url);
  if (protocol !== "http:" && protocol !== "https:") {
    throw new TypeError(
      `Unsupported URL scheme -- http and https are supported (scheme was ${protocol.slice(0, -1)})`,
    );
  }
  return href;
}

function contentTypeOf(body) {
  if (typeof body === "string") return "text/plain;charset=UTF-8";
  if (body instanceof Blob && body.type !== "") return body.type;
  return isSearchParams(body) ? "application/x-www-form-urlencoded;charset=UTF-8" : null;
}

export class Request extends Body {
  #url;
  #method = "GET";
  #headers;
  #signal = null;

  constructor(input, options) {
    super();
    if (input === undefined) throw new TypeError("Request URL is undefined");
    if (input instanceof Request) {
      this.#url = validUrl(input.url);
      this.#method = input.method;
      this.#headers = new Headers(input.headers);
      this.#signal = input.signal;
    } else if (typeof input === "string" || isInstance(input, "url", "URL")) {
      this.#url = validUrl(input);
      this.#headers = new Headers();
    } else {
      throw new TypeError("Failed to parse URL from " + input);
    }
    if (typeof options?.method === "string") {
      const method = options.method.toUpperCase();
      this.#method = methods.has(method) ? method : options.method;
    }
    if (options?.headers !== undefined) this.#headers = new Headers(options.headers);
    this.#signal = options?.signal ?? this.#signal;
    this.#initBody(input, options?.body ?? null);
  }

  #initBody(input, body) {
    if (body === null) {
      if (input instanceof Request) this._takeBody(input);
      return;
    }
    if (this.#method === "GET" || this.#method === "HEAD") {
      throw new TypeError("Failed to construct 'Request': Request with GET/HEAD method cannot have body.");
    }
    const type = contentTypeOf(body);
    if (type !== null && !this.#headers.has("content-type")) this.#headers.set("content-type", type);
    this._setBody(
      isSearchParams(body) ? body.toString() : body,
      "string | ArrayBuffer | Blob | FormData | ReadableStream | null",
    );
  }

  get headers() {
    return this.#headers;
  }
  get url() {
    return this.#url;
  }
  get method() {
    return this.#method;
  }
  get signal() {
    // By default one that never aborts.
    this.#signal ??= new (load("events").AbortSignal)();
    return this.#signal;
  }
  clone() {
    const clone = new Request(this.#url, { method: this.#method, headers: [...this.#headers] });
    this._cloneBody(clone);
    return clone;
  }
  get [Symbol.toStringTag]() {
    return "Request";
  }
  inspect() {
    const { bodyUsed, headers, method, url } = this;
    return `Request ${load("inspect").inspect({ bodyUsed, headers, method, url })}`;
  }
}

for (const name of [
  "destination", "referrer", "referrerPolicy", "mode", "credentials", "cache", "redirect", "integrity", "keepalive",
  "isReloadNavigation", "isHistoryNavigation", "duplex",
]) {
  Object.defineProperty(Request.prototype, name, { get: () => notImplemented(`get ${name}`, "Request"), configurable: true });
}
