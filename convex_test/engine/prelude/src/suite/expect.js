// `expect`: chai with Vitest's own matchers (`@vitest/expect`), put together as in `createExpect` of Vitest 5
// (`packages/vitest/src/integrations/chai/index.ts`).
import {
  ASYMMETRIC_MATCHERS_OBJECT, GLOBAL_EXPECT, ChaiStyleAssertions, JestAsymmetricMatchers, JestChaiExpect, JestExtend, addCustomEqualityTesters,
  chai, customMatchers, getState, setState,
} from "@vitest/expect";
import { timers } from "./clock.js";
import { start } from "./clock.js";
import { snapshotSerializer, SnapshotMatchers } from "./snapshots.js";

chai.use(JestExtend);
chai.use(JestChaiExpect);
chai.use(ChaiStyleAssertions);
chai.use(SnapshotMatchers);
chai.use(JestAsymmetricMatchers);

let runningTask = null;

function makeExpect(ownTask) {
  const expect = (value, message) => {
    const { assertionCalls } = getState(expect);
    setState({ assertionCalls: assertionCalls + 1 }, expect);
    const assertion = chai.expect(value, message);
    const task = ownTask ?? runningTask;
    return task === null ? assertion : assertion.withTest(task);
  };
  Object.assign(expect, chai.expect);
  Object.assign(expect, globalThis[ASYMMETRIC_MATCHERS_OBJECT]);
  expect.getState = () => getState(expect);
  expect.setState = (state) => setState(state, expect);
  setState({ assertionCalls: 0, isExpectingAssertions: false, isExpectingAssertionsError: null, expectedAssertionsNumber: null, expectedAssertionsNumberErrorGen: null }, expect);
  expect.assert = chai.assert;
  expect.extend = (matchers) => chai.expect.extend(expect, matchers);
  expect.addEqualityTesters = (testers) => addCustomEqualityTesters(testers);
  expect.addSnapshotSerializer = snapshotSerializer;
  expect.soft = (value, message) => expect(value, message).withContext({ soft: true });
  expect.poll = (read, options) => poll(expect, read, options);
  expect.unreachable = (message) => {
    chai.assert.fail(`expected${message ? ` "${message}" ` : " "}not to be reached`);
  };
  expect.assertions = (expected) => {
    const error = new Error(`expected number of assertions to be ${expected}, but got `);
    setState({ expectedAssertionsNumber: expected, expectedAssertionsNumberErrorGen: () => error }, expect);
  };
  expect.hasAssertions = () => {
    setState({ isExpectingAssertions: true, isExpectingAssertionsError: new Error("expected any number of assertion, but got none") }, expect);
  };
  chai.util.addMethod(expect, "withTest", () => expect);
  expect.extend(customMatchers);
  return expect;
}

export const expect = makeExpect(null);
Object.defineProperty(globalThis, GLOBAL_EXPECT, { value: expect, writable: true, configurable: true });

export const expectFor = () => expect;
export const createExpect = (task) => makeExpect(task ?? null);
export const { assert } = chai;
export { chai };

// `expect.poll(read).toBe(…)`: reads until the matcher is content.
function poll(expect, read, { interval = 50, timeout = 1000, message } = {}) {
  const chain = (path) =>
    new Proxy(() => {}, {
      get: (_target, name) => (name === "then" ? undefined : chain([...path, name])),
      apply: (_target, _receiver, args) => attempt(path, args),
    });
  const attempt = async (path, args) => {
    let error;
    for (let passed = 0; passed <= timeout; passed += interval) {
      try {
        const assertion = path.slice(0, -1).reduce((found, name) => found[name], expect(await read(), message));
        return await assertion[path.at(-1)](...args);
      } catch (thrown) {
        error = thrown;
      }
      if (timers.isFakeTimers()) timers.advanceTimersByTime(interval);
      else await new Promise((resolve) => start(resolve, interval, [], false));
    }
    throw error;
  };
  return chain([]);
}

export function startCounting(task) {
  runningTask = task;
  setState(
    { assertionCalls: 0, isExpectingAssertions: false, isExpectingAssertionsError: null, expectedAssertionsNumber: null, expectedAssertionsNumberErrorGen: null, currentTestName: task.fullTestName, testPath: "" },
    expect,
  );
}

export function unmetCounts() {
  const { assertionCalls, expectedAssertionsNumber, expectedAssertionsNumberErrorGen, isExpectingAssertions, isExpectingAssertionsError } = getState(expect);
  if (expectedAssertionsNumber !== null && assertionCalls !== expectedAssertionsNumber) {
    const error = expectedAssertionsNumberErrorGen();
    error.message += assertionCalls;
    throw error;
  }
  if (isExpectingAssertions && assertionCalls === 0) throw isExpectingAssertionsError;
}
