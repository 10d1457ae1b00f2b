// `fetch`, and requests of `node:http` and `node:https`, go to the host, which answers one at a time; `fetch` follows
// redirects here. Request, response and headers are Node's own. The requests of the two modules are caught by
// `@mswjs/interceptors`, so that SDKs that do not use `fetch` meet the same answers.
import { ClientRequestInterceptor } from "@mswjs/interceptors/ClientRequest";
import { syncBuiltinESMExports } from "node:module";
import { current } from "./invocation.mjs";
import { native } from "./natives.mjs";

const maximumRedirects = 20;
const redirections = new Set([301, 302, 303, 307, 308]);
const withoutBody = new Set([101, 204, 205, 304]);
const bodyHeaders = ["content-encoding", "content-language", "content-location", "content-type", "content-length"];
// What the host says when it was the network that failed, or who stands in for it.
const networkFailure = /^error (sending request|decoding response)/;

async function fetch(resource, options) {
  const request = new Request(resource, options);
  if (/^(data|blob):/.test(request.url)) return await native.fetch(request);
  const { method, headers, signal, redirect } = request;
  const body = request.body === null ? null : Buffer.from(await request.arrayBuffer());
  const streamed = options?.body instanceof ReadableStream;
  const sent = { url: request.url, method, headers: new Headers(headers), body, redirect, streamed };
  return await abortable(signal, () => follow(sent));
}

function abortable(signal, start) {
  if (signal.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    start().then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

async function follow({ url, method, headers, body, redirect, streamed }) {
  for (let redirects = 0; ; redirects++) {
    const found = await exchange(url, method, [...headers], body, true);
    const location = redirections.has(found.status) ? found.headers.find(([name]) => name === "location")?.[1] : undefined;
    if (location === undefined || redirect === "manual") return responseOf(found, url, redirects > 0);
    if (redirect === "error") throw failed("unexpected redirect");
    if (redirects >= maximumRedirects) throw failed("redirect count exceeded");
    const next = new URL(location, url);
    if (streamed && found.status !== 303) throw failed("Response body object should not be disturbed or locked");
    if (found.status === 303 ? !["GET", "HEAD"].includes(method) : found.status < 303 && method === "POST") {
      [method, body] = ["GET", null];
      for (const name of bodyHeaders) headers.delete(name);
    }
    if (next.origin !== new URL(url).origin) for (const name of ["authorization", "cookie"]) headers.delete(name);
    url = next.href;
  }
}

// What Node's fetch says whatever went wrong; the reason is the cause.
function failed(reason) {
  return new TypeError("fetch failed", { cause: new Error(reason) });
}

// `{status, statusText, headers, chunks}`.
async function exchange(url, method, headers, body, isFetch) {
  const { protocol } = new URL(url);
  if (protocol !== "http:" && protocol !== "https:") throw failed("unknown scheme");
  const invocation = current();
  if (invocation === undefined) throw new Error(`Nobody answers ${method} ${url}: no function is running.`);
  const request = JSON.stringify({ url, method, headers, body: body === null ? null : body.toString("base64") });
  try {
    return JSON.parse(await invocation.post("fetch", request));
  } catch (error) {
    // That nobody answers is for the reader of the test.
    if (!isFetch || !networkFailure.test(error.message)) throw isFetch ? new TypeError(error.message) : new Error(error.message);
    throw failed(error.message);
  }
}

function responseOf({ status, statusText, headers, chunks }, url, redirected) {
  const pieces = chunks.map((chunk) => Buffer.from(chunk, "base64")).filter((piece) => piece.length > 0);
  const body = withoutBody.has(status) ? null : pieces.length > 1 ? ReadableStream.from(pieces.map((piece) => new Uint8Array(piece))) : (pieces[0] ?? "");
  const made = new Response(body, { status, statusText, headers });
  // A text as the body brings a type of its own.
  if (pieces.length === 0 && !headers.some(([name]) => name === "content-type")) made.headers.delete("content-type");
  return Object.defineProperties(made, {
    url: { value: url.replace(/#.*$/, ""), configurable: true },
    redirected: { value: redirected, configurable: true },
    type: { value: "basic", configurable: true },
  });
}

async function answerClientRequest({ request, controller }) {
  try {
    const body = request.body === null ? null : Buffer.from(await request.arrayBuffer());
    const found = await exchange(request.url, request.method, [...request.headers], body, false);
    const pieces = found.chunks.map((chunk) => Buffer.from(chunk, "base64"));
    const content = withoutBody.has(found.status) ? null : Buffer.concat(pieces);
    const { status, statusText, headers } = found;
    controller.respondWith(new Response(content, { status, statusText, headers }));
  } catch (error) {
    controller.errorWith(error);
  }
}

export function installFetch() {
  globalThis.fetch = fetch;
  const interceptor = new ClientRequestInterceptor();
  interceptor.on("request", answerClientRequest);
  interceptor.apply();
  syncBuiltinESMExports();
}
