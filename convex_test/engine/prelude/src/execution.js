// What is running in this context: one function execution, or the loading of a module.
//
// kind   "import" while modules load, else "query", "mutation", "action", and "schema", "auth config", "app definition" or
//        "component definition" while those files are evaluated
// now    milliseconds since the epoch, an integer; frozen unless `live`
// snapshotTs   of queries and mutations, nanoseconds as Convex JSON
// deployedAt  the time that modules see while they load
import { forget, letters } from "./mailbox.js";

export const execution = { kind: "import", now: 0, deployedAt: 0, live: false, env: {}, seed: [1, 2, 3, 4], snapshotTs: "" };

// Files that are evaluated for themselves, as error texts call them.
const evaluations = new Map([
  ["schema", "schema"],
  ["auth config", "auth config file"],
  ["app definition", "app definition"],
  ["component definition", "app definition"],
]);
const listeners = [];
const freshListeners = [];
// Every module whose state belongs to one execution: `save()`, `restore(saved)` and, for one that begins, `fresh()`.
export const keepers = [
  letters,
  {
    save: () => ({ fields: { ...execution }, startedAt, pending }),
    restore(saved) {
      Object.assign(execution, saved.fields);
      ({ startedAt, pending } = saved);
    },
    fresh() {},
  },
];
const monotonic = performance.now.bind(performance);
let startedAt = 0;
let pending = null;

// `keeper` puts aside what belongs to an execution while another one has its turn in the same context (see `turns.js`).
export function onEnter(listener, keeper) {
  listeners.push(listener);
  if (keeper) keepers.push({ ...keeper, fresh: listener });
}

export function onFreshModules(listener) {
  freshListeners.push(listener);
}

export function forgetModules() {
  for (const listener of freshListeners) listener();
}

// `json` is `{kind, now, live, seed: [4 × uint32], importNow, snapshotTs?, env?}`. Modules load with the clock and the seed of the
// deployment; `enter()` then switches to the function's own.
export function begin(json) {
  forget();
  pending = JSON.parse(json);
  if (pending.env) execution.env = pending.env;
  execution.snapshotTs = pending.snapshotTs;
  execution.kind = "import";
  // The first call may have taken its time before anybody asked for that of the deployment.
  execution.deployedAt = Math.min(pending.importNow, pending.now);
}

export function enterModules() {
  // A test file is no function.
  if (pending === null) return;
  become(evaluations.has(pending.kind) ? pending.kind : "import", pending.importNow, false, [1, 2, 3, 4]);
}

export function enter() {
  become(pending.kind, pending.now, pending.live, pending.seed);
}

export function tick(now) {
  execution.now = +now;
  startedAt = monotonic();
}

export function currentTime() {
  refuseInConfig("Date");
  return execution.live ? Math.floor(execution.now + (monotonic() - startedAt)) : execution.now;
}

export function elapsed() {
  return monotonic() - startedAt;
}

function become(kind, now, live, seed) {
  execution.kind = kind;
  execution.live = live;
  execution.seed = seed;
  tick(now);
  for (const listener of listeners) listener();
}

// Queries and mutations: facts of `crates/isolate/src/environment/udf/mod.rs`.
export function notInTransactions(what) {
  return new Error(
    `Can't use ${what} in queries and mutations. Please consider using an action. ` +
      "See https://docs.convex.dev/functions/actions for more details.",
  );
}

// Whether `auth.config` or a `convex.config` is being evaluated.
export function isConfig() {
  return execution.kind !== "schema" && evaluations.has(execution.kind);
}

// What is being evaluated for itself, or undefined.
export function evaluated() {
  return evaluations.get(execution.kind);
}

// Of `crates/isolate/src/environment/{auth_config,component_definitions}.rs`; a schema may have it.
export function refuseInConfig(what) {
  if (isConfig()) throw new Error(`${what} unsupported when evaluating ${evaluated()}`);
}

export function isTransaction() {
  return execution.kind === "query" || execution.kind === "mutation";
}
