// Runs one test with its hooks and fixtures, or the hooks around a suite. Order as in Vitest: `beforeEach` from the
// outside in and in the order of the file, `afterEach` the other way round.
import { recordAsyncExpect } from "@vitest/expect";
import { clearAllMocks, resetAllMocks, restoreAllMocks } from "@vitest/spy";
import { processError } from "@vitest/utils/error";
import * as clock from "./clock.js";
import { expect, expectFor, startCounting, unmetCounts } from "./expect.js";
import { FIXTURES, automatic, cleanShared, provide, wantedBy } from "./fixtures.js";
import { vi } from "./mocks.js";
import { settings } from "./settings.js";
import { createTaskCollector, getCurrentSuite, root, suites, tests } from "./tasks.js";

class Skipped extends Error {}

// The test or hook that may time out at present.
let guarded = null;

function guard(work, milliseconds, what) {
  const unlimited = milliseconds === 0 || milliseconds === Infinity;
  return new Promise((resolve, reject) => {
    const mine = { end: unlimited ? Infinity : clock.now() + milliseconds, outer: guarded };
    mine.expire = (stuck) => {
      guarded = mine.outer;
      const reason = stuck ? " It waits for a promise that nothing can settle any more: no timer is left, and no function is running." : "";
      reject(new Error(`${what} timed out in ${milliseconds}ms.${reason}`));
    };
    guarded = mine;
    const ended = (settle) => (value) => {
      if (guarded === mine) guarded = mine.outer;
      settle(value);
    };
    Promise.resolve()
      .then(work)
      .then(ended(resolve), ended(reject));
  });
}

// The host calls this when nothing is left to do; false when that is the end of it.
export function idle() {
  if (clock.fireNext(guarded === null ? Infinity : guarded.end)) return true;
  if (guarded === null) return false;
  const { expire } = guarded;
  expire(!clock.hasRealTimers());
  return true;
}

function chainOf(suite) {
  const chain = [];
  for (let at = suite; at !== null; at = at.parent) chain.unshift(at);
  return chain;
}

const hookTimeout = (hook) => hook.timeout ?? Math.max(10_000, settings.testTimeout);

export async function runHooks(id, when) {
  const suite = suites[id];
  if (suite.hooks.aroundAll.length > 0) throw new Error("not supported: aroundAll in pytest");
  if (when === "afterAll") {
    for (const hook of [...suite.hooks.afterAll].reverse()) await guard(() => hook.callback(suite), hookTimeout(hook), "afterAll");
    for (const cleanup of (suite.cleanups ?? []).reverse()) await cleanup();
    suite.cleanups = [];
    if (suite === root) await cleanShared();
    return;
  }
  suite.cleanups = [];
  for (const hook of suite.hooks.beforeAll) {
    const cleanup = await guard(() => hook.callback(suite), hookTimeout(hook), "beforeAll");
    if (typeof cleanup === "function") suite.cleanups.push(cleanup);
  }
}

function resetMocks() {
  if (settings.restoreMocks) restoreAllMocks();
  if (settings.mockReset) resetAllMocks();
  if (settings.clearMocks) clearAllMocks();
  if (settings.unstubEnvs) vi.unstubAllEnvs();
  if (settings.unstubGlobals) vi.unstubAllGlobals();
}

export async function runTest(id) {
  const test = tests[id];
  let outcome;
  for (let repeat = 0; repeat <= test.repeats; repeat++) {
    for (let attempt = 0; attempt <= test.retry; attempt++) {
      outcome = await runOnce(test);
      if (outcome.state !== "failed") break;
    }
    if (outcome.state !== "passed") break;
  }
  return outcome;
}

function taskOf(test) {
  const names = chainOf(test.parent).map((suite) => suite.name);
  const fullTestName = [...names.slice(1), test.name].join(" > ");
  return { type: "test", id: String(test.id), name: test.name, fullTestName, fullName: fullTestName, mode: "run", meta: {}, result: { state: "run" }, promises: [], options: test.options };
}

async function runOnce(test) {
  resetMocks();
  const task = taskOf(test);
  const finished = [];
  const failed = [];
  const context = {
    task,
    expect: expectFor(task),
    onTestFinished: (callback) => void finished.push(callback),
    onTestFailed: (callback) => void failed.push(callback),
    skip(condition, note) {
      if (typeof condition === "boolean" && !condition) return;
      throw new Skipped(typeof condition === "string" ? condition : note ?? "");
    },
    annotate: async () => {},
    signal: new AbortController().signal,
  };
  const errors = [];
  let skipped = null;
  const attempt = async (work) => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof Skipped) skipped = error.message;
      else errors.push(error);
      return undefined;
    }
  };
  const cleanups = [];
  const chain = chainOf(test.parent);
  currentContext = context;
  currentTest = test;
  startCounting(task);
  await attempt(async () => {
    for (const suite of chain) {
      if (suite.hooks.aroundEach.length > 0) throw new Error("not supported: aroundEach in pytest");
    }
    await provide(test.fixtures, automatic(test.fixtures), context, cleanups);
    for (const suite of chain) {
      for (const hook of suite.hooks.beforeEach) {
        await provide(test.fixtures, wantedBy(hook.callback, 0), context, cleanups);
        const cleanup = await guard(() => hook.callback(context, suite), hookTimeout(hook), "beforeEach");
        if (typeof cleanup === "function") cleanups.push(cleanup);
      }
    }
    await provide(test.fixtures, test.values.length > 0 ? [] : wantedBy(test.run, 0), context, cleanups);
    await guard(() => test.run(...test.values, context), test.timeout ?? settings.testTimeout, "Test");
    const late = (await Promise.allSettled(task.promises)).filter(({ status }) => status === "rejected");
    if (late.length > 0) throw late[0].reason;
    unmetCounts(task);
  });
  for (const suite of [...chain].reverse()) {
    for (const hook of [...suite.hooks.afterEach].reverse()) {
      await attempt(() => guard(() => hook.callback(context, suite), hookTimeout(hook), "afterEach"));
    }
  }
  while (cleanups.length > 0) await attempt(cleanups.pop());
  for (const callback of finished.reverse()) await attempt(() => callback(context));
  const described = [...errors.map(describeError), ...(task.result.errors ?? [])];
  if (described.length > 0) for (const callback of failed) await attempt(() => callback(context));
  currentContext = currentTest = null;
  if (skipped !== null && described.length === 0) return { state: "skipped", note: skipped };
  if (test.options.fails) {
    if (described.length > 0) return { state: "passed", errors: [] };
    return { state: "failed", errors: [describeError(new Error("Expect test to fail"))] };
  }
  return { state: described.length > 0 ? "failed" : "passed", errors: described };
}

let currentContext = null;
let currentTest = null;

function viewOf(suite) {
  if (suite === root) return { filepath: "", hooks: root.hooks };
  const parent = suite.parent === root ? undefined : viewOf(suite.parent);
  return { name: suite.name, suite: parent, file: viewOf(root), hooks: suite.hooks };
}

export const TestRunner = {
  createTaskCollector,
  getCurrentSuite,
  getCurrentTest: () =>
    currentTest === null ? undefined : { ...currentContext.task, suite: viewOf(currentTest.parent), file: viewOf(root), context: currentContext },
  getSuiteHooks: ({ hooks }) =>
    Object.fromEntries(Object.entries(hooks).map(([kind, list]) => [kind, list.map(({ callback }) => callback)])),
};

export const onTestFinished = (callback) => inTest("onTestFinished").onTestFinished(callback);
export const onTestFailed = (callback) => inTest("onTestFailed").onTestFailed(callback);

function inTest(name) {
  if (currentContext === null) throw new Error(`Hook ${name}() can only be called inside a test`);
  return currentContext;
}

const ansi = /\x1b\[[0-9;]*m/g;

// What the host shows: message and diff are Vitest's own.
export function describeError(thrown) {
  const described = processError(thrown);
  const stack = String(thrown?.stack ?? "");
  if (typeof described !== "object" || described === null) return { name: "Error", message: String(thrown), stack: "", diff: null, cause: null };
  return {
    name: String(described.name ?? "Error"),
    message: String(described.message ?? thrown).replace(ansi, ""),
    stack,
    diff: typeof described.diff === "string" ? described.diff.replace(ansi, "") : null,
    cause: thrown instanceof Error && thrown.cause instanceof Error ? describeError(thrown.cause) : null,
  };
}

export { FIXTURES, expect, recordAsyncExpect };
