// `fetch` (`npm-packages/udf-runtime/src/26_fetch.ts`). The host answers one request at a time; redirects are followed
// here. A streamed body is read to its end before the request goes out.
import { fromBase64, toBase64 } from "../base64.js";
import { execution } from "../execution.js";
import { notHere, notSupported } from "../failing.js";
import { isInstance, load } from "../lazy.js";
import { post } from "../mailbox.js";
import { Blob } from "./blob.js";
import { Request } from "./request.js";
import { Response } from "./response.js";

const maximumRedirects = 20;
const redirections = new Set([301, 302, 303, 307, 308]);
const bodyHeaders = ["Content-Encoding", "Content-Language", "Content-Location", "Content-Type"];

export async function fetchFollowing(resource, options) {
  let request = new Request(resource, options);
  let response = await exchange(request);
  const mode = options?.redirect ?? "follow";
  if (mode === "manual") return response;
  let next = { ...options };
  for (let redirects = 0; redirects < maximumRedirects; redirects++) {
    if (!redirections.has(response.status)) return response;
    if (mode === "error") throw new TypeError("fetch attempted redirect");
    const location = response.headers.get("Location");
    if (location === null) return response;
    const url = new (load("url").URL)(location, request.url);
    next = redirected(next, request, response, url);
    request = new Request(url, next);
    response = await exchange(request);
    response._markRedirected();
  }
  throw new TypeError("fetch too many redirects");
}

// The options of the request that follows a redirect to `url`.
function redirected(options, request, response, url) {
  const { headers } = request;
  const { status } = response;
  const next = { ...options, headers };
  if (isInstance(options.body, "streams", "ReadableStream")) {
    if (status !== 303) throw new TypeError("fetch cannot redirect with streamed body");
    next.body = null;
  }
  const becomesGet = status === 303 ? !["GET", "HEAD"].includes(request.method) : status < 303 && request.method === "POST";
  if (becomesGet) {
    next.method = "GET";
    next.body = null;
    for (const name of bodyHeaders) headers.delete(name);
  }
  if (new (load("url").URL)(request.url).origin !== url.origin) headers.delete("Authorization");
  const policy = response.headers.get("Referrer-Policy");
  if (policy) headers.set("Referrer-Policy", policy);
  return next;
}

function exchange(request) {
  if (execution.kind !== "action") throw notHere("fetch()");
  return new Promise((resolve, reject) => {
    let aborted = false;
    // One that was aborted before counts for nothing, as in the runtime.
    request.signal.addEventListener("abort", () => {
      aborted = true;
      reject(new (load("dom_exception").DOMException)("The signal has been aborted", "AbortError"));
    });
    readBody(request)
      .then((body) => (aborted ? new Promise(() => {}) : post("fetch", describeRequest(request, body))))
      .then((text) => resolve(makeResponse(JSON.parse(text))))
      .catch(reject);
  });
}

function describeRequest(request, body) {
  const headers = [...request.headers.entries()];
  if (request._contentLength !== null && !request.headers.has("content-length")) {
    headers.push(["content-length", String(request._contentLength)]);
  }
  return JSON.stringify({ url: request.url, method: request.method, headers, body });
}

async function readBody(request) {
  const atHand = request._bytesAtHand;
  if (atHand !== null) return toBase64(atHand);
  if (request.body === null) return null;
  const reader = request.body.getReader();
  const chunks = [];
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return toBase64(new Uint8Array(await new Blob(chunks).arrayBuffer()));
    if (!(value instanceof Uint8Array)) notSupported("the body of a Request streaming something else than Uint8Array");
    chunks.push(value);
  }
}

function makeResponse({ status, statusText, headers, chunks, url }) {
  const pieces = chunks.map(fromBase64);
  const response = new Response(pieces.length === 1 ? pieces[0] : streamOf(pieces), { status, statusText, headers, url });
  response._markReceived();
  return response;
}

function streamOf(pieces) {
  const { ReadableStream } = load("streams");
  return new ReadableStream({
    type: "bytes",
    start(controller) {
      for (const piece of pieces) if (piece.length > 0) controller.enqueue(piece);
      controller.close();
    },
  });
}
