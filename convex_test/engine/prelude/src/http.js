// HTTP actions: the two conversions that npm's router asks the runtime for, and running the router
// (`npm-packages/udf-runtime/src/{23_request,23_response,06_streams}.ts`, `run_http_action_inner` of
// `crates/isolate/src/environment/action/mod.rs`).
import { fromBase64, toBase64 } from "./base64.js";
import { describe } from "./describe.js";
import { enter, onEnter } from "./execution.js";
import { notSupported } from "./failing.js";
import { load } from "./lazy.js";
import { send } from "./mailbox.js";
import { convexLibrary, loadModule, report } from "./modules.js";

const bodyLimit = 20 << 20;

// Bodies on their way in and out, by the id that stands for them in JSON.
let bodies = new Map();

onEnter(
  () => {
    bodies = new Map();
  },
  { save: () => bodies, restore: (saved) => (bodies = saved) },
);

function keep(body) {
  const id = String(bodies.size + 1);
  bodies.set(id, body);
  return id;
}

export function requestFromConvexJson({ convexJson: { url, headerPairs, method, streamId } }) {
  const { Request } = load("fetch");
  // Nobody hangs up on a test's HTTP action.
  const { signal } = new (load("events").AbortController)();
  return new Request(url, { headers: headerPairs, body: streamId === null ? null : bodies.get(streamId), method, signal });
}

export function convexJsonFromResponse({ response }) {
  if (!(response instanceof load("fetch").Response)) throw new Error("HTTP actions must return a Response");
  const headerPairs = [...response.headers.entries()];
  if (response._contentLength !== null && !response.headers.has("content-length")) {
    headerPairs.push(["content-length", String(response._contentLength)]);
  }
  const body = response._bytesAtHand ?? response.body;
  const streamId = body === null ? null : keep(body instanceof Uint8Array ? body : body.getReader());
  return { headerPairs, status: response.status, streamId, url: response.url !== "" ? response.url : undefined };
}

const routable = new Set(["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]);

// Texts of `http_analyze` in `crates/isolate/src/environment/analyze.rs`; the host knows them by their name.
function routerProblem(message) {
  return Object.assign(new Error(message), { name: "ExportProblem", stack: "" });
}

function routesProblem(message) {
  return routerProblem(
    "The `getRoutes()` method of Router did not return the expected type. `getRoutes()` should be a function returning " +
      `an array of entries of the form [path: string, method: string, handler: HttpAction] (${message})`,
  );
}

function checkRoute([path, method, handler], i) {
  if (typeof path !== "string") throw routesProblem(`arr[${i}][0] is not a string`);
  if (typeof method !== "string") throw routesProblem(`arr[${i}][1] is not a string`);
  if (!routable.has(method)) {
    throw routesProblem(`'${method}' is not not a routable method (one of GET, POST, PUT, DELETE, PATCH, OPTIONS)`);
  }
  const isObject = (typeof handler === "object" && handler !== null) || typeof handler === "function";
  if (!isObject) throw routesProblem(`arr[${i}][2] not an HttpAction`);
  if (handler._handler !== undefined && typeof handler._handler !== "function") {
    throw routerProblem(`arr[${i}][2].handler is not a function`);
  }
  if (handler._handler === undefined && typeof handler !== "function") throw routerProblem(`arr[${i}][2] is not an HttpAction`);
}

// What a push checks of `http.js`; its routes, as pairs of path and method.
export function analyzeRouter(path) {
  report(
    loadModule(path).then((namespace) => {
      if (!("default" in namespace)) throw routerProblem("`convex/http.js` must have a default export of a Router.");
      const router = namespace.default;
      if (router?.isRouter !== true) throw routerProblem("The default export of `convex/http.js` is not a Router.");
      if (typeof router.getRoutes !== "function") throw routerProblem(".getRoutes property on Router not found");
      const routes = router.getRoutes();
      if (!Array.isArray(routes)) throw routesProblem("return value is not an array");
      routes.forEach(checkRoute);
      return JSON.stringify(routes.map(([route, method]) => [route, method]));
    }),
  );
}

// `json` is `{module, route, request: {url, method, headerPairs}, body}`; the body is base64, or null.
export function invokeHttp(json) {
  report(runRequest(JSON.parse(json)));
}

async function runRequest({ module, route, request, body }) {
  const { default: router } = await loadModule(module);
  await convexLibrary();
  enter();
  if (router.lookup(route, request.method) === null) return '{"routed":false}';
  const streamId = body === null ? null : keep(fromBase64(body));
  const text = await router.runRequest(JSON.stringify({ ...request, streamId, signal: null }), route);
  return await readResponse(JSON.parse(text));
}

async function readResponse({ headerPairs, status, streamId }) {
  const chunks = [];
  let broken = null;
  try {
    if (streamId !== null) await readChunks(bodies.get(streamId), chunks);
  } catch (error) {
    // The head is on its way by now.
    broken = describe(error).text;
  }
  return JSON.stringify({ routed: true, status, headerPairs, chunks, broken });
}

async function readChunks(body, chunks) {
  let total = 0;
  const take = (chunk) => {
    if (total > bodyLimit) return;
    if (total + chunk.length > bodyLimit) {
      const message = "HttpResponseTooLarge: HTTP actions support responses up to 20 MiB";
      send("#", JSON.stringify({ level: "ERROR", messages: [message] }));
      return;
    }
    total += chunk.length;
    chunks.push(toBase64(chunk));
  };
  if (body instanceof Uint8Array) return take(body);
  for (;;) {
    const { value, done } = await body.read();
    if (done) return;
    if (!(value instanceof Uint8Array)) notSupported("the body of a Response streaming something else than Uint8Array");
    take(value);
  }
}
