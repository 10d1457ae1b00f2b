// Writes `tests/vectors/async_context.json`: random programs over `AsyncLocalStorage`, and what they log in Node.
//
// Node since 24 hands contexts on as Convex's runtime does, in V8's continuation-preserved embedder data. Its classes differ
// in what `run` restores, so those of Convex's runtime (`npm-packages/udf-runtime/src/04_async_hooks.ts`) are put on the same
// data: `run` restores all storages, and does nothing when the store is in force already.
// `node --expose-internals measure.mjs [how many [file]]`
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const { internalBinding } = createRequire(import.meta.url)("internal/test/binding");
const { getContinuationPreservedEmbedderData: frame, setContinuationPreservedEmbedderData: enter } = internalBinding("async_context_frame");
const stores = () => frame() ?? new Map();
function inside(context, callback, args = []) {
  const before = frame();
  enter(context);
  try {
    return callback(...args);
  } finally {
    enter(before);
  }
}
class AsyncLocalStorage {
  static snapshot() {
    const context = frame();
    return (callback, ...args) => inside(context, callback, args);
  }
  static bind(callback) {
    const run = AsyncLocalStorage.snapshot();
    return (...args) => run(callback, ...args);
  }
  enterWith(store) {
    enter(new Map(stores()).set(this, store));
  }
  run(store, callback) {
    if (stores().has(this) && Object.is(stores().get(this), store)) return callback();
    return inside(new Map(stores()).set(this, store), callback);
  }
  exit(callback) {
    return this.run(undefined, callback);
  }
  getStore() {
    return stores().get(this);
  }
}
class AsyncResource {
  #context = frame();
  runInAsyncScope(callback, receiver, ...args) {
    return inside(this.#context, () => callback.apply(receiver, args));
  }
}
// A timer of the runtime is a promise of the host's, too (`npm-packages/udf-runtime/src/02_timers.ts`).
const sleep = (callback, delay) => void new Promise((resolve) => setTimeout(resolve, delay)).then(() => callback());

let state = 20240229;
const random = (below) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
};
const pick = (list) => list[random(list.length)];
let labels = 0;
const label = () => `log(${++labels});`;

// Statements of an async function: each logs, waits or starts something. `depth` bounds their nesting.
function statements(depth) {
  return Array.from({ length: 1 + random(3) }, () => statement(depth)).join(" ");
}
function awaitable(depth) {
  if (depth === 0) return pick(["null", "Promise.resolve(1)", "later", "tick()"]);
  return pick([
    () => "null",
    () => "Promise.resolve(1)",
    () => "tick()",
    () => "later",
    () => "{ then(resolve) { log(-1); resolve(2); } }",
    () => `(async () => { ${statements(depth - 1)} return tick(); })()`,
    () => `Promise.all([${task(depth)}, ${task(depth)}])`,
    () => `Promise.race([${task(depth)}, later])`,
    () => `${task(depth)}.finally(() => { ${label()} })`,
    () => `tick().then(() => { ${label()} return { then(f) { log(-2); f(3); } }; })`,
    () => `Promise.reject(new Error("no")).catch(() => { ${label()} })`,
    () => `new Promise((resolve) => { ${pick(["tick().then(resolve)", "als.run(90, () => tick().then(resolve))", "resolve(tick())", "setTimeout(resolve, 0)"])}; })`,
  ])();
}
function task(depth) {
  return `(async () => { ${statements(depth - 1)} })()`;
}
function statement(depth) {
  const simple = [
    () => label(),
    () => `await ${awaitable(Math.max(0, depth - 1))}; ${label()}`,
    () => `als.enterWith(${random(9)}); ${label()}`,
    () => `kept.push(AsyncLocalStorage.snapshot());`,
    () => `kept.at(-1)?.(() => { ${label()} });`,
    () => `kept.push((f) => new AsyncResource("r").runInAsyncScope(f));`,
    () => `bound.push(AsyncLocalStorage.bind(() => { ${label()} }));`,
    () => `bound.at(-1)?.();`,
    () => `target.dispatchEvent(new Event("e"));`,
  ];
  if (depth === 0) return pick(simple)();
  return pick([
    ...simple,
    () => `als.run(${random(9)}, () => { ${label()} });`,
    () => `await als.run(${random(9)}, async () => { ${statements(depth - 1)} }); ${label()}`,
    () => `await other.run(${random(9)}, async () => { ${statements(depth - 1)} });`,
    () => `await als.exit(async () => { ${statements(depth - 1)} });`,
    () => `pending.push(${task(depth)});`,
    () => `pending.push(als.run(${random(9)}, ${`async () => { ${statements(depth - 1)} }`}));`,
    () => `try { await ${task(depth)}; throw new Error("x"); } catch { ${label()} await tick(); } finally { ${label()} }`,
    () => `for await (const item of (async function* () { ${statements(depth - 1)} yield 1; ${label()} yield tick(); })()) { ${label()} ${statements(depth - 1)} }`,
    () => `for await (const item of [1, tick()]) { ${label()} }`,
    () => `pending.push(new Promise((done) => setTimeout(() => { ${label()} done(); }, 0)));`,
    () => `pending.push(new Promise((done) => setTimeout(async () => { ${statements(depth - 1)} done(); }, 0)));`,
    () => `pending.push(tick().then(async () => { ${statements(depth - 1)} }));`,
    () => `target.addEventListener("e", () => { ${label()} });`,
  ])();
}

const run = (source) =>
  new Function("AsyncLocalStorage", "AsyncResource", "setTimeout", `return ${source}`)(AsyncLocalStorage, AsyncResource, sleep)();

function program() {
  labels = 0;
  const body = Array.from({ length: 2 + random(3) }, () => statement(3)).join(" ");
  return `async () => {
    const als = new AsyncLocalStorage(), other = new AsyncLocalStorage(), logged = [], pending = [], kept = [], bound = [];
    const target = new EventTarget(), tick = async () => 0;
    const log = (at) => { if (logged.length < 400) logged.push([at, als.getStore() ?? null, other.getStore() ?? null]); };
    const later = als.run(50, () => tick().then(tick));
    ${body}
    for (let i = 0; i < pending.length; i++) await pending[i];
    log(0);
    return logged;
  }`;
}

const programs = [];
while (programs.length < Number(process.argv[2] ?? 150)) {
  const source = program();
  if (source.length > 4000) continue;
  programs.push({ source, logged: await run(source) });
}
const file = join(dirname(fileURLToPath(import.meta.url)), "../..", process.argv[3] ?? "tests/vectors/async_context.json");
const { v8 } = process.versions;
writeFileSync(file, JSON.stringify({ source: `measured by scripts/async_context with Node ${process.version}, V8 ${v8}`, programs }) + "\n");
console.log(`wrote ${programs.length} programs`);
