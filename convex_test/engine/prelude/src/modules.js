// The project's bundle and its modules. The host compiles the bundle once per context into a factory; calling the
// factory again gives fresh module state. Modules load when they are first needed.
import { send } from "./mailbox.js";
import { describe } from "./describe.js";
import { patchQueries } from "./collect.js";
import { makeFastDatabase } from "./fast_database.js";
import { enterModules, isTransaction, keepers } from "./execution.js";
import { variablesRead } from "./process.js";
import { whenSettled } from "./rejections.js";

let bundle = null;
let evaluated = new Map();

export function instantiate(factory) {
  bundle = factory();
  evaluated = new Map();
}

keepers.push({
  save: () => ({ bundle, evaluated }),
  restore: (saved) => ({ bundle, evaluated } = saved),
  fresh() {},
});

export function currentBundle() {
  return bundle;
}

// Another set of modules for the execution whose turn it is; `made` remembers which of them have been evaluated.
export function useModules(modules, made) {
  bundle = { ...bundle, modules, special: {} };
  evaluated = made;
}

// A module that failed once fails again with the same error: esbuild's wrappers would give its half-made exports.
export async function loadModule(path) {
  const known = evaluated.get(path);
  if (known !== undefined) {
    if (known.error) throw known.error;
    return known.namespace;
  }
  const thunk = bundle.modules[path] ?? bundle.special[path];
  if (thunk === undefined) throw new Error(`Couldn't find JavaScript module '${path}'. Did you forget to run \`npx convex dev\`?`);
  try {
    enterModules();
    const namespace = await thunk();
    evaluated.set(path, { namespace });
    return namespace;
  } catch (error) {
    evaluated.set(path, { error });
    send("-", `module/failed ${JSON.stringify(path)}`);
    throw error;
  }
}

let library = null;
let libraryOf = null;

// A module that is loaded already, or undefined.
export function loadedModule(path) {
  return libraryOf === bundle.server ? evaluated.get(path)?.namespace : undefined;
}

// The project's own `convex/server` and `convex/values`.
export async function convexLibrary() {
  if (libraryOf !== bundle.server) {
    enterModules();
    const [server, values] = [await bundle.server(), await bundle.values()];
    library = { ...server, ...values };
    library.speedUp = makeFastDatabase(library);
    libraryOf = bundle.server;
    patchQueries(library);
  }
  return library;
}

export function currentLibrary() {
  return library;
}

function report(promise) {
  whenSettled(
    promise,
    (text) => send("=", text),
    (error) => send("!", JSON.stringify(describe(error))),
  );
}

const kinds = { isQuery: "query", isMutation: "mutation", isAction: "action", isHttp: "httpAction" };

// What a module exports, by the rules of `crates/isolate/src/environment/analyze.rs`.
export function analyze(path) {
  report(
    loadModule(path).then((namespace) => {
      const found = [];
      for (const name of Object.keys(namespace)) {
        const value = namespace[name];
        if ((typeof value !== "object" && typeof value !== "function") || value === null) continue;
        const described = analyzeExport(path, name, value);
        if (described) found.push(described);
      }
      return JSON.stringify(found);
    }),
  );
}

function analyzeExport(path, name, value) {
  const flags = Object.keys(kinds).filter((flag) => value[flag] === true);
  if (flags.length !== 1) return null;
  const kind = kinds[flags[0]];
  if (kind === "httpAction") return { name, kind, visibility: "public", args: null, returns: null };
  if (value.isPublic && value.isInternal) return null;
  if ("_handler" in value && typeof value._handler !== "function") {
    throw new Error(`${path}:${name}.handler is not a function.`);
  }
  return {
    name,
    kind,
    visibility: value.isPublic ? "public" : value.isInternal ? "internal" : null,
    args: exported(path, name, value, "exportArgs"),
    returns: exported(path, name, value, "exportReturns"),
  };
}

function exported(path, name, value, method) {
  const member = value[method];
  if (member === undefined) return null;
  if (typeof member !== "function") throw new Error(`${path}:${name}.${method} is not a function or \`undefined\`.`);
  const text = member.call(value);
  if (typeof text !== "string") throw new Error(`Invalid ${method} return value: ${path}:${name}.${method}() didn't return a string.`);
  return text;
}

// Texts of `crates/isolate/src/environment/{schema,analyze,auth_config}.rs`; the host tells them from what the file throws by their
// name.
function exportProblem(message) {
  return Object.assign(new Error(message), { name: "ExportProblem", stack: "" });
}

export function exportSchema(path) {
  report(
    loadModule(path).then((namespace) => {
      if (namespace.default === undefined || namespace.default === null) {
        throw exportProblem(
          "Schema file missing default export. To learn more, see the schema documentation at https://docs.convex.dev/database/schemas.",
        );
      }
      const exported = typeof namespace.default.export === "function" ? namespace.default.export() : undefined;
      if (typeof exported !== "string") {
        throw exportProblem(
          "Default export from schema file isn't a Convex schema. To learn more, see the schema documentation at https://docs.convex.dev/database/schemas.",
        );
      }
      return exported;
    }),
  );
}

export function exportCrons(path) {
  report(
    loadModule(path).then((namespace) => {
      if (!("default" in namespace)) throw exportProblem("`convex/crons.js` must have a default export of a Crons object.");
      const crons = namespace.default;
      if (crons === undefined || crons === null) throw exportProblem("The default export of `convex/cron.js` is not a Router.");
      if (crons.isCrons !== true) throw exportProblem("The default export of `convex/crons.js` is not a Crons object.");
      if (typeof crons.export !== "function") throw exportProblem(".export property on Crons object not found");
      return crons.export();
    }),
  );
}

const seeAuthDocs = "To learn more, see the auth documentation at https://docs.convex.dev/auth.";

// The JSON of `auth.config.js` as a text, and the names of the environment variables that it was made with.
export function exportAuthConfig(path) {
  report(
    loadModule(path).then((namespace) => {
      const config = namespace.default;
      if (config === undefined || config === null) {
        throw exportProblem(`auth config file is missing default export. ${seeAuthDocs}`);
      }
      return JSON.stringify({ config: serialized(config), variables: variablesRead() });
    }),
  );
}

function serialized(config) {
  try {
    return String(JSON.stringify(config));
  } catch {
    throw exportProblem(`auth config file can only contain strings ${seeAuthDocs}`);
  }
}

// `components` is JSON: `{componentDefinitionPath, defaultName}` by the folder that the bundle asks for. What is wrong
// is told by its text in `crates/isolate/src/environment/component_definitions.rs`, which the host completes.
let components = {};

export function exportDefinition(path, json) {
  components = JSON.parse(json);
  report(
    loadModule(path).then((namespace) => {
      if (!("default" in namespace)) throw exportProblem("missing default export");
      const definition = namespace.default;
      if (definition === null || (typeof definition !== "object" && typeof definition !== "function")) {
        throw exportProblem("the default export is not an object");
      }
      if (Object.keys(namespace).length !== 1) throw exportProblem("`convex.config.ts` has more than one export");
      if (!("export" in definition)) {
        throw exportProblem("missing `export` property on the default export of `convex.config.ts`");
      }
      if (typeof definition.export !== "function") {
        throw exportProblem("`app.export` (where `app` is the default export of `convex.config.ts`) is not a function");
      }
      const exported = definition.export();
      if (exported === null || typeof exported !== "object") {
        throw exportProblem(
          "`app.export()` (where `app` is the default export of `convex.config.ts`) doesn’t return an object",
        );
      }
      return JSON.stringify({ exported, readsEnvironment: variablesRead().length > 0 });
    }),
  );
}

globalThis[Symbol.for("convex-test.component")] = (folder) => components[folder];

export { report };

// The bundle asks here for the promise that its own `import()` goes on from.
globalThis[Symbol.for("convex-test.dynamicImport")] = () =>
  isTransaction() ? Promise.reject(new Error("Can't dynamically import a module in a query or mutation")) : Promise.resolve();
