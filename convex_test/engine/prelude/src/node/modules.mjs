// The bundle of the project's modules for Node, and running what they register (`executeInner` and `analyzeModule` in
// `npm-packages/node-executor/src/executor.ts`). A bundle is imported anew, by another query string, when the host asks
// for fresh modules or the environment has changed.
import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { takeHits } from "../coverage.js";
import { warnOfPending } from "./convex.mjs";
import { refused, thrown } from "./errors.mjs";
import { letAttach } from "./inspect.mjs";

const MAXIMUM_KEPT = 8;
const bundles = new Map();

function bundleOf(invocation) {
  const { bundle, modules, env } = invocation.settings;
  const url = pathToFileURL(bundle);
  url.search = `?modules=${modules}&env=${createHash("md5").update(JSON.stringify(env)).digest("hex")}`;
  let known = bundles.get(url.href);
  if (known === undefined) {
    known = { namespace: import(url.href), evaluated: new Map() };
    bundles.set(url.href, known);
    if (bundles.size > MAXIMUM_KEPT) bundles.delete(bundles.keys().next().value);
  }
  // For CommonJS packages inside of the bundle.
  globalThis.require = createRequire(bundle);
  globalThis.exports = {};
  globalThis.module = { exports: globalThis.exports };
  globalThis.__filename = bundle;
  globalThis.__dirname = dirname(bundle);
  return known;
}

// A module that failed once fails again with the same error.
async function loadModule(invocation, path) {
  const bundle = bundleOf(invocation);
  const known = bundle.evaluated.get(path);
  if (known?.error) throw known.error;
  if (known) return known.namespace;
  try {
    const { modules } = await bundle.namespace;
    const namespace = await modules[path]();
    bundle.evaluated.set(path, { namespace });
    return namespace;
  } catch (error) {
    bundle.evaluated.set(path, { error });
    invocation.send("-", `module/failed ${JSON.stringify(path)}`);
    throw error;
  }
}

function start(invocation, run) {
  invocation.run(() => {
    run().then(
      (text) => {
        if (typeof text !== "string") {
          const message = `Action \`${invocation.name}\` did not return a string (returned \`${String(text)}\`)`;
          return invocation.settle("!", JSON.stringify(refused(message)));
        }
        if (!invocation.ended) warnOfPending(invocation);
        tellHits(invocation);
        invocation.settle("=", text);
      },
      (error) => {
        tellHits(invocation);
        invocation.settle("!", JSON.stringify(error instanceof Refused ? refused(error.message) : thrown(error)));
      },
    );
  });
}

// What the loading of a module for analysis counts is told by the first call.
function tellHits(invocation) {
  if (invocation.name === "") return;
  const hits = takeHits();
  if (hits !== "") invocation.send("-", `coverage/hits ${hits}`);
}

class Refused extends Error {}

export function invoke(invocation, _kind, path, name, argsJson) {
  Object.assign(invocation, { module: path, name });
  start(invocation, async () => {
    const namespace = await loadModule(invocation, path);
    const registered = namespace[name];
    if (!registered) throw new Refused(`Couldn't find action \`${name}\` in \`${path}\``);
    if (registered.isAction !== true || typeof registered.invokeAction !== "function") {
      throw new Refused(`\`${name}\` wasn't registered as a Convex action in \`${path}\``);
    }
    letAttach();
    return await registered.invokeAction(invocation.requestId, argsJson);
  });
}

// A function that is not registered becomes an action for this call.
export function invokeHelper(invocation, _kind, path, name, argsJson) {
  Object.assign(invocation, { module: path, name });
  start(invocation, async () => {
    const namespace = await loadModule(invocation, path);
    if (!(name in namespace)) {
      throw new TypeError(`module "${path}" has no export "${name}"; it has ${Object.keys(namespace).join(", ") || "none"}`);
    }
    const helper = namespace[name];
    if (typeof helper !== "function") throw new TypeError(`"${name}" in module "${path}" is not a function`);
    const { server } = await bundleOf(invocation).namespace;
    const { actionGeneric } = await server();
    letAttach();
    return await actionGeneric(helper).invokeAction(invocation.requestId, argsJson);
  });
}

export function timedOut(invocation) {
  const seconds = invocation.settings.timeLimit;
  const message = `Action \`${invocation.name}\` execution timed out (maximum duration ${seconds}s)`;
  invocation.settle("!", JSON.stringify({ ...refused(message), timedOut: true }));
}

const kinds = [
  ["action", "isAction", ["invokeAction"]],
  ["query", "isQuery", ["invokeQuery"]],
  ["mutation", "isMutation", ["invokeMutation"]],
  ["httpAction", "isHttp", ["invokeHttpEndpoint", "invokeHttpAction"]],
];

export function analyze(invocation, path) {
  start(invocation, async () => {
    const found = [];
    for (const [name, value] of Object.entries(await loadModule(invocation, path))) {
      if (value === undefined || value === null) continue;
      const kind = kinds.find(([, flag, methods]) => Object.hasOwn(value, flag) && methods.some((each) => Object.hasOwn(value, each)));
      const [isPublic, isInternal] = [Object.hasOwn(value, "isPublic"), Object.hasOwn(value, "isInternal")];
      if (kind === undefined || (isPublic && isInternal)) continue;
      const visibility = isPublic ? "public" : isInternal ? "internal" : null;
      found.push({ name, kind: kind[0], visibility, args: exported(value, "exportArgs"), returns: exported(value, "exportReturns") });
    }
    return JSON.stringify(found);
  });
}

function exported(value, method) {
  if (!Object.hasOwn(value, method) || typeof value[method] !== "function") return null;
  const text = value[method]();
  return typeof text === "string" ? text : null;
}
