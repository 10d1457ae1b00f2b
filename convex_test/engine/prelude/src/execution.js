// What is running in this context: one function execution, or the loading of a module.
//
// kind   "import" while modules load, else "query", "mutation", "action", "schema"
// now    milliseconds since the epoch, an integer; frozen unless `live`
// snapshotTs   of queries and mutations, nanoseconds as Convex JSON
// deployedAt  the time that modules see while they load
import { forget } from "./mailbox.js";

export const execution = { kind: "import", now: 0, deployedAt: 0, live: false, env: {}, seed: [1, 2, 3, 4], snapshotTs: "" };

const listeners = [];
const freshListeners = [];
const monotonic = performance.now.bind(performance);
let startedAt = 0;
let pending = null;

export function onEnter(listener) {
  listeners.push(listener);
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
  become(pending.kind === "schema" ? "schema" : "import", pending.importNow, false, [1, 2, 3, 4]);
}

export function enter() {
  become(pending.kind, pending.now, pending.live, pending.seed);
}

export function tick(now) {
  execution.now = +now;
  startedAt = monotonic();
}

export function currentTime() {
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

export function isTransaction() {
  return execution.kind === "query" || execution.kind === "mutation";
}
