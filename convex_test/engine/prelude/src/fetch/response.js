// `Response` (`npm-packages/udf-runtime/src/23_response.ts`).
import { load } from "../lazy.js";
import { Blob } from "./blob.js";
import { Body, isSearchParams } from "./body.js";
import { Headers } from "./headers.js";

function validStatus(given = 200) {
  const status = typeof given === "string" ? Number(given) : given;
  if (Number.isInteger(status) && status >= 200 && status <= 599) return status;
  throw new RangeError("Failed to construct 'Response': The status provided is outside the range [200, 599].");
}

function serialize(data) {
  try {
    if (data !== undefined) return JSON.stringify(data);
  } catch {
    // Said below.
  }
  throw new TypeError("Failed to execute 'json' on 'Response': The data is not JSON serializable");
}

export class Response extends Body {
  #status;
  #statusText;
  #headers;
  #url;
  #type = "default";
  #redirected = false;

  constructor(body, options) {
    super();
    this.#status = validStatus(options?.status);
    this.#statusText = options?.statusText ?? "";
    this.#headers = new Headers(options?.headers ?? []);
    this.#url = options?.url ?? "";
    if (!this.#headers.has("content-type")) {
      if (typeof body === "string") this.#headers.set("content-type", "text/plain;charset=UTF-8");
      else if (body instanceof Blob && body.type !== "") this.#headers.set("content-type", body.type);
    }
    if (body === null || body === undefined) return;
    this._setBody(isSearchParams(body) ? body.toString() : body, "string | ArrayBuffer | Blob | ReadableStream | null");
  }
  static error() {
    return new Response(null, { status: 500 });
  }
  static redirect(url, status) {
    const location = typeof url === "string" ? url : url.href;
    return new Response(null, { status: status ?? 302, headers: { location } });
  }
  static json(data, init) {
    const response = new Response(serialize(data), init);
    response.headers.set("content-type", "application/json");
    return response;
  }
  get headers() {
    return this.#headers;
  }
  get ok() {
    return this.#status >= 200 && this.#status <= 299;
  }
  get status() {
    return this.#status;
  }
  get statusText() {
    return this.#statusText;
  }
  get url() {
    return this.#url;
  }
  get type() {
    return this.#type;
  }
  get redirected() {
    return this.#redirected;
  }
  // For what `fetch` gives.
  _markReceived() {
    this.#type = "basic";
  }
  _markRedirected() {
    this.#redirected = true;
  }
  clone() {
    const { status, statusText } = this;
    const clone = new Response(null, { status, statusText, headers: [...this.#headers] });
    this._cloneBody(clone);
    return clone;
  }
  get [Symbol.toStringTag]() {
    return "Response";
  }
  inspect() {
    const { bodyUsed, headers, ok, status, statusText, url } = this;
    return `Response ${load("inspect").inspect({ bodyUsed, headers, ok, status, statusText, url })}`;
  }
}
