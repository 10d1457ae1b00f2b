// The package `convex-test`: `convexTest` and the `t` that it gives. Functions run at the host, one turn each (see
// `turns.js`); inline functions stay here and are entered by the host inside a transaction that it holds open. API and
// the loops of `finishAllScheduledFunctions` follow `convex-test` 0.0.60.
import { onDescribe } from "../describe.js";
import { invokeHandler } from "../invoke.js";
import { load } from "../lazy.js";
import { post, send } from "../mailbox.js";
import { convexLibrary, currentBundle, report, useModules } from "../modules.js";
import * as clock from "./clock.js";

let library = null;
let defaults = null;

// The modules of an app or a component, by the object that the test has handed in.
const registered = new WeakMap();
const sets = [];
const inline = new Map();
const thrown = new Map();
let lastTest = 0;
let lastInline = 0;

onDescribe((error, { text }) => {
  thrown.set(text, error);
});

export async function loadLibrary() {
  library = await convexLibrary();
  defaults = currentBundle().defaultModules ?? null;
}

export function forgetErrors() {
  thrown.clear();
  inline.clear();
}

// Modules by path below the functions folder, which is found by what is generated there, or as what all have in common.
function register(modules, what) {
  if (modules === null || typeof modules !== "object") {
    throw new TypeError(
      `${what}: no modules are known. Convex functions are looked for in the folder convex/ beside node_modules/; ` +
        'hand in `import.meta.glob("./**/*.*s")` made in your functions folder if that is another one.',
    );
  }
  const known = registered.get(modules);
  if (known !== undefined) return known;
  const paths = Object.keys(modules);
  const generated = paths.find((path) => path.includes("_generated"));
  const root = generated === undefined ? commonFolder(paths) : generated.slice(0, generated.indexOf("_generated"));
  const byPath = {};
  for (const path of paths) {
    const found = path.startsWith(root) ? path.slice(root.length) : path;
    if (found.startsWith("_generated/") || /\.d\.[cm]?ts$/.test(found)) continue;
    byPath[found.replace(/\.[^./]+$/, "") + ".js"] = modules[path];
  }
  const set = { id: sets.length, modules: byPath, made: new Map() };
  sets.push(set);
  registered.set(modules, set);
  return set;
}

function commonFolder(paths) {
  const folders = paths.map((path) => path.slice(0, path.lastIndexOf("/") + 1));
  let common = folders[0] ?? "";
  while (!folders.every((folder) => folder.startsWith(common))) common = common.slice(0, common.lastIndexOf("/", common.length - 2) + 1);
  return common;
}

// The host begins an execution in one of those sets.
export function enterModules(id) {
  const { modules, made } = sets[Number(id)];
  useModules(modules, made);
}

function schemaText(schema) {
  if (schema === undefined || schema === null) return null;
  if (typeof schema.export !== "function") throw new TypeError("convexTest(): the schema is not what `defineSchema` returns");
  return schema.export();
}

const isSchema = (value) => typeof value === "object" && value !== null && typeof value.tables === "object" && value.tables !== null;

export function convexTest(first, second) {
  let schema = first;
  let modules = second;
  let transactionLimits = false;
  if (first !== undefined && !isSchema(first)) ({ schema, modules, transactionLimits = false } = first ?? {});
  const set = register(modules ?? defaults, "convexTest()");
  const id = ++lastTest;
  const limits = typeof transactionLimits === "object" ? transactionLimits : null;
  notify("new", { id, modules: set.id, paths: Object.keys(set.modules), schema: schemaText(schema), limits });
  const jobs = { inFlight: new Set(), due: new Map() };
  return {
    ...accessor({ id, jobs, identity: null, metadata: {} }),
    registerComponent(path, schemaOfComponent, glob) {
      const found = register(glob, `registerComponent(${JSON.stringify(path)})`);
      notify("component", { id, path, modules: found.id, paths: Object.keys(found.modules), schema: schemaText(schemaOfComponent) });
    },
  };
}

function notify(op, args) {
  send("-", `suite/${op} ${JSON.stringify(args)}`);
}

// Requests

async function ask(op, state, args) {
  let text;
  try {
    const request = { ...args, id: state.id, now: clock.now(), identity: state.identity, metadata: state.metadata };
    text = await post(`t/${op}`, JSON.stringify(request));
  } catch (error) {
    throw originalOf(error);
  }

  // A head of one line, then the result.
  const end = text.indexOf("\n");
  const { now, jobs } = JSON.parse(text.slice(0, end));
  clock.setNow(now);
  for (const [job, due] of jobs) startJob(state, job, due);
  return text.slice(end + 1);
}

// What a function threw is what its caller gets, as long as nothing but this file has thrown it.
function originalOf(error) {
  const known = thrown.get(error.message);
  if (known === undefined && "data" in error) return new library.ConvexError(library.jsonToConvex(error.data));
  const original = known ?? error;
  if (original.ConvexErrorSymbol === Symbol.for("ConvexError") && typeof original.data === "string") {
    original.data = library.jsonToConvex(JSON.parse(original.data));
  }
  return original;
}

function argumentsText(args) {
  const value = args === undefined ? {} : args;
  const prototype = typeof value === "object" && value !== null ? Object.getPrototypeOf(value) : undefined;
  if (prototype !== Object.prototype && prototype !== null) {
    throw new Error(`The arguments to a Convex function must be an object. Received: ${String(value)}`);
  }
  return library.convexToJson(value);
}

// What `getFunctionAddress` of npm's `convex` makes of a reference, a handle or a name.
function addressOf(reference) {
  if (typeof reference === "string") return reference.startsWith("function://") ? { functionHandle: reference } : { name: reference };
  const path = reference?.[Symbol.for("toReferencePath")];
  if (typeof path === "string") return { reference: path };
  return { name: library.getFunctionName(reference) };
}

const fromText = (text) => library.jsonToConvex(JSON.parse(text));

function call(state, kind) {
  return async (callee, args) => {
    if (typeof callee === "function" && callee[Symbol.for("functionName")] === undefined) return await callInline(state, kind, callee, args);
    return fromText(await ask("call", state, { kind, address: addressOf(callee), args: argumentsText(args) }));
  };
}

async function callInline(state, kind, handler, args, run = false) {
  const number = String(++lastInline);
  inline.set(number, { handler, run });
  try {
    return fromText(await ask("inline", state, { kind, number, run, args: argumentsText(args) }));
  } finally {
    inline.delete(number);
  }
}

// The host enters an inline function in a turn of its own.
export function enterInline(number, kind, argsJson) {
  const { handler, run } = inline.get(number);
  const made = run ? async (ctx) => await handler({ ...ctx, storage: withFiles(ctx.storage) }) : handler;
  report(invokeHandler(kind, () => made, argsJson));
}

// `t.run` can store files and read them, as actions do.
function withFiles(storage) {
  return {
    ...storage,
    async store(blob, options) {
      if (!(blob instanceof load("fetch").Blob)) throw new Error("store() expects a Blob.");
      const content = new Uint8Array(await blob.arrayBuffer()).toBase64();
      return JSON.parse(await post("1.0/storageStore", JSON.stringify({ blob: content, contentType: blob.type, sha256: options?.sha256 })));
    },
    async get(storageId) {
      const found = JSON.parse(await post("1.0/storageGet", JSON.stringify({ storageId })));
      if (found === null) return null;
      return new (load("fetch").Blob)([Uint8Array.fromBase64(found.blob)], { type: found.contentType ?? "" });
    },
  };
}

async function fetchPath(state, path, init) {
  if (typeof path !== "string" || !path.startsWith("/")) throw new Error("Path given to `t.fetch` must start with a `/`");
  const { Request, Response } = load("fetch");
  const request = new Request(`https://convex-test-000.convex.site${path}`, init);
  const content = new Uint8Array(await request.arrayBuffer());
  const body = content.length > 0 ? content.toBase64() : null;
  const described = { url: request.url, method: request.method, headers: [...request.headers.entries()], body };
  const { status, headers, chunks } = JSON.parse(await ask("fetch", state, { request: described }));
  const bytes = chunks.map((chunk) => Uint8Array.fromBase64(chunk));
  const empty = bytes.length === 0 || [101, 204, 205, 304].includes(status);
  return new Response(empty ? null : await new (load("fetch").Blob)(bytes).arrayBuffer(), { status, headers });
}

// Scheduled functions: each waits on a timer of the test's, real or fake, as it does in `convex-test`.

function startJob(state, job, due) {
  const { jobs } = state;
  const timer = clock.start(() => runJob(state, job), Math.max(0, due - clock.now()), [], false);
  jobs.due.set(job, { due, timer });
}

function runJob(state, job) {
  const { jobs } = state;
  if (!jobs.due.delete(job)) return;
  const running = ask("job", state, { job }).then(
    () => jobs.inFlight.delete(running),
    (error) => {
      jobs.inFlight.delete(running);
      throw error;
    },
  );
  jobs.inFlight.add(running);
}

async function finishInProgress({ jobs }) {
  while (jobs.inFlight.size > 0) await Promise.all(jobs.inFlight);
}

async function finishAll(state, advanceTimers, maxIterations = 100) {
  const { jobs } = state;
  if (typeof advanceTimers !== "function") throw new TypeError("finishAllScheduledFunctions expects a function that advances timers, such as vi.runAllTimers");
  for (let i = 0; i < maxIterations; i++) {
    advanceTimers();
    if (jobs.inFlight.size === 0) {
      // What was scheduled before the timers were faked is on a timer that they do not move: it runs if it is due.
      for (const [job, { due, timer }] of [...jobs.due]) {
        if (due > clock.now()) continue;
        clock.clear(timer);
        runJob(state, job);
      }
      if (jobs.inFlight.size === 0) return;
    }
    await finishInProgress(state);
  }
  throw new Error(
    "finishAllScheduledFunctions: too many iterations. Check for infinitely recursive scheduled functions, or increase maxIterations.",
  );
}

function accessor(state) {
  return {
    query: call(state, "query"),
    mutation: call(state, "mutation"),
    action: call(state, "action"),
    run: (handler) => callInline(state, "mutation", handler, {}, true),
    fetch: (path, init) => fetchPath(state, path, init),
    fun: async (callee, args) => fromText(await ask("call", state, { kind: "any", address: addressOf(callee), args: argumentsText(args) })),
    finishInProgressScheduledFunctions: () => finishInProgress(state),
    finishAllScheduledFunctions: (advanceTimers, maxIterations) => finishAll(state, advanceTimers, maxIterations),
    withIdentity(attributes) {
      const subject = attributes.subject ?? String(hash(JSON.stringify(attributes)));
      const issuer = attributes.issuer ?? "https://convex.test";
      const tokenIdentifier = attributes.tokenIdentifier ?? `${issuer}|${subject}`;
      return accessor({ ...state, identity: { ...attributes, subject, issuer, tokenIdentifier } });
    },
    withRequestMetadata: ({ ip = null, userAgent = null }) => accessor({ ...state, metadata: { ip, userAgent } }),
  };
}

// The subject that `convex-test` makes up, which tests have written down.
function hash(text) {
  let result = 0;
  for (let i = 0; i < text.length; i++) result = ((result << 5) - result + text.charCodeAt(i)) | 0;
  return result;
}

