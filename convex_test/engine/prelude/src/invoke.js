// Running a function, a helper or a snippet with a genuine `ctx` made by the project's `convex/server`.
import { enter } from "./execution.js";
import { isSyntax } from "./describe.js";
import { unwatched, watchMethods } from "./rejections.js";
import { convexLibrary, currentLibrary, loadModule, loadedModule, report } from "./modules.js";

function invocation(registered, kind, argsJson) {
  switch (kind) {
    case "query":
      return registered.invokeQuery(argsJson);
    case "mutation":
      return registered.invokeMutation(argsJson);
    case "action":
      return registered.invokeAction("", argsJson);
    default:
      throw new Error(`not supported: running a function of kind ${kind}`);
  }
}

// A registered function with a faster `ctx.db` and watched promises: registered again, as what it was, around its handler.
let accelerated = new WeakMap();

function accelerate(library, registered, kind) {
  if (typeof registered._handler !== "function") return registered;
  const known = accelerated.get(registered);
  if (known !== undefined) return known;
  const made = register(library, kind, registered.isInternal === true, unwatched(registered._handler));
  accelerated.set(registered, made);
  return made;
}

const builders = {
  query: ["queryGeneric", "internalQueryGeneric"],
  mutation: ["mutationGeneric", "internalMutationGeneric"],
  action: ["actionGeneric", "internalActionGeneric"],
};

function register(library, kind, internal, handler) {
  const builder = library[builders[kind][internal ? 1 : 0]];
  return builder((ctx, ...args) => {
    if (ctx.db !== undefined) library.speedUp(ctx.db);
    watchMethods(ctx, ["runQuery", "runMutation", "runAction", "vectorSearch"]);
    if (ctx.auth !== undefined) watchMethods(ctx.auth, ["getUserIdentity"]);
    if (ctx.scheduler !== undefined) watchMethods(ctx.scheduler, ["runAfter", "runAt", "cancel"]);
    if (ctx.storage !== undefined) watchMethods(ctx.storage, ["getUrl", "getMetadata", "generateUploadUrl", "delete", "store", "get"]);
    return handler(ctx, ...args);
  });
}

export function invoke(kind, path, name, argsJson) {
  const loaded = loadedModule(path);
  report(loaded ? enterFunction(loaded, kind, path, name, argsJson) : loadAndEnter(kind, path, name, argsJson));
}

async function loadAndEnter(kind, path, name, argsJson) {
  const namespace = await loadModule(path);
  await convexLibrary();
  return await enterFunction(namespace, kind, path, name, argsJson);
}

function enterFunction(namespace, kind, path, name, argsJson) {
  const registered = namespace[name];
  if (registered === undefined) return Promise.reject(new Error(`Couldn't find "${name}" in module "${path}".`));
  const fast = accelerate(currentLibrary(), registered, kind);
  enter();
  return invocation(fast, kind, argsJson);
}

// A handler that is not registered becomes one for this call.
export async function invokeHandler(kind, makeHandler, argsJson) {
  const library = await convexLibrary();
  const handler = await makeHandler(library);
  const registered = register(library, kind, false, handler);
  enter();
  return await invocation(registered, kind, argsJson);
}

export function invokeHelper(kind, path, name, argsJson) {
  report(
    invokeHandler(kind, async () => {
      const namespace = await loadModule(path);
      if (!(name in namespace)) {
        throw new TypeError(`module "${path}" has no export "${name}"; it has ${Object.keys(namespace).join(", ") || "none"}`);
      }
      const helper = namespace[name];
      if (typeof helper !== "function") throw new TypeError(`"${name}" in module "${path}" is not a function`);
      return helper;
    }, argsJson),
  );
}

function compileSnippet(source) {
  try {
    return (0, eval)(`${snippetLines}(function (api, internal, components, v, ConvexError, load) { return (${source}\n); })`);
  } catch (error) {
    throw Object.assign(error, { [isSyntax]: source });
  }
}

const snippetLines = "\n".repeat(5000);

export function invokeSnippet(kind, source, argsJson) {
  report(
    invokeHandler(kind, async (library) => {
      const api = library.anyApi;
      const components = library.componentsGeneric?.();
      const load = (path) => loadModule(path.endsWith(".js") ? path : path + ".js");
      // Its own lines are told from the prelude's by their numbers: see `engine/stack.py`.
      const compile = compileSnippet(source);
      const handler = compile(api, api, components, library.v, library.ConvexError, load);
      if (typeof handler !== "function") throw new TypeError("the snippet is not a function; write js(\"async (ctx, args) => …\")");
      return handler;
    }, argsJson),
  );
}
