// Running a function, a helper or a snippet with a genuine `ctx` made by the project's `convex/server`.
import { enter } from "./execution.js";
import { convexLibrary, loadModule, report } from "./modules.js";

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

export function invoke(kind, path, name, argsJson) {
  report(
    (async () => {
      const namespace = await loadModule(path);
      await convexLibrary();
      const registered = namespace[name];
      if (registered === undefined) throw new Error(`Couldn't find "${name}" in module "${path}".`);
      enter();
      return await invocation(registered, kind, argsJson);
    })(),
  );
}

// A handler that is not registered becomes one for this call.
async function invokeHandler(kind, makeHandler, argsJson) {
  const library = await convexLibrary();
  const handler = await makeHandler(library);
  const builders = { query: library.queryGeneric, mutation: library.mutationGeneric, action: library.actionGeneric };
  const registered = builders[kind](handler);
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

export function invokeSnippet(kind, source, argsJson) {
  report(
    invokeHandler(kind, async (library) => {
      const api = library.anyApi;
      const components = library.componentsGeneric?.();
      const load = (path) => loadModule(path.endsWith(".js") ? path : path + ".js");
      const compile = (0, eval)(`(function (api, internal, components, v, ConvexError, load) { return (${source}\n); })`);
      const handler = compile(api, api, components, library.v, library.ConvexError, load);
      if (typeof handler !== "function") throw new TypeError("the snippet is not a function; write js(\"async (ctx, args) => …\")");
      return handler;
    }, argsJson),
  );
}
