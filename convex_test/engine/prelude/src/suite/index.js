// What a test file in TypeScript finds in the place of the packages `vitest` and `convex-test`, and what the host asks
// of it. Loaded by the contexts of test files alone.
import { expectTypeOf } from "expect-type";
import { onEnter } from "../execution.js";
import { currentBundle, report } from "../modules.js";
import * as clock from "./clock.js";
import { convexTest, enterInline, enterModules, forgetErrors, loadLibrary } from "./convex_test.js";
import { assert, chai, createExpect, expect } from "./expect.js";
import { vi } from "./mocks.js";
import { TestRunner, describeError, idle, onTestFailed, onTestFinished, runHooks, runTest } from "./runner.js";
import { configure } from "./settings.js";
import { closeSnapshots, openSnapshots } from "./snapshots.js";
import { collect, describe, hooks, root, test } from "./tasks.js";

const nothing = () => {};
const bench = () => {
  throw new Error("not supported: bench() in pytest");
};
const inject = (name) => {
  throw new Error(`not supported: inject(${JSON.stringify(name)}) in pytest`);
};

const vitest = {
  ...hooks, assert, assertType: nothing, bench, chai, createExpect, describe, expect, expectTypeOf, inject, it: test, onTestFailed, onTestFinished,
  TestRunner, suite: describe, test, vi, vitest: vi,
};

Object.defineProperty(globalThis, Symbol.for("convex-test.suite"), { value: { vitest, convexTest }, configurable: true });

export { enterInline, enterModules, idle };

// `{now, env, globals, settings, snapshots}`
export function begin(json) {
  const given = JSON.parse(json);
  clock.begin(given.now);
  onEnter(clock.enterFunction);
  globalThis.process = { env: given.env };
  configure(given.settings);
  for (const [name, value] of Object.entries(vitest)) {
    if (name in globalThis) continue;
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
  }
  report(openSnapshots(given.snapshots).then(() => "null"));
}

export function collectFile() {
  report(
    collect(async () => {
      await loadLibrary();
      const { setup, test: load } = currentBundle();
      for (const each of setup) await each();
      await load();
    }).then(
      () => JSON.stringify({ tree: describeTask(root) }),
      (error) => JSON.stringify({ error: describeError(error) }),
    ),
  );
}

function describeTask(task) {
  const { id, name, stack = "", mode = "run", options } = task;
  if (task.isTest) return { id, name, stack, mode, fails: options.fails === true, concurrent: options.concurrent === true };
  return { id, name, stack, mode, children: task.children.map(describeTask) };
}

function reportOutcome(work) {
  report(
    work.then(
      (outcome) => JSON.stringify(outcome ?? { state: "passed", errors: [] }),
      (error) => JSON.stringify({ state: "failed", errors: [describeError(error)] }),
    ),
  );
}

export function hook(id, when) {
  reportOutcome(runHooks(Number(id), when));
}

export function run(id) {
  forgetErrors();
  reportOutcome(runTest(Number(id)));
}

export function finish() {
  report(closeSnapshots().then((found) => JSON.stringify(found)));
}
