// `describe` and `test` with their modifiers: the tree of a test file. Follows the runner of Vitest 5
// (`packages/vitest/src/runtime/runner/suite.ts` of `vitest-dev/vitest`): the body of a `describe` runs when the file
// has been evaluated, and the tests beside it come first.
import { rowNames, rowsOf } from "./each.js";
import { FIXTURES, mergeFixtures } from "./fixtures.js";

const modes = ["skip", "only", "todo"];
const flags = ["fails", "concurrent", "sequential", "shuffle"];
const known = new Set([...modes, ...flags, "timeout", "retry", "repeats", "meta", "tags"]);

export const tests = [];
export const suites = [];

class Suite {
  constructor(name, parent, options) {
    Object.assign(this, { name, parent, options, children: [], body: null });
    this.hooks = { beforeAll: [], afterAll: [], beforeEach: [], afterEach: [], aroundEach: [], aroundAll: [] };
    this.id = suites.push(this) - 1;
  }
}

export const root = new Suite("", null, {});
let current = root;
let collecting = true;

function checkOptions(options, what) {
  for (const name of Object.keys(options)) {
    if (!known.has(name)) throw new Error(`not supported: the option \`${name}\` of ${what} in pytest`);
  }
  if (typeof options.retry === "object" && options.retry !== null) options.retry = options.retry.count ?? 0;
  return options;
}

// `(name, fn)`, `(name, options, fn)`, `(name, fn, timeout)`.
function readArguments(what, second, third) {
  if (typeof second === "function") {
    const options = typeof third === "number" ? { timeout: third } : third ?? {};
    return [checkOptions({ ...options }, what), second];
  }
  return [checkOptions({ ...second }, what), third];
}

const nameOf = (name) => (typeof name === "function" ? name.name || "<anonymous>" : String(name));

function requireCollecting(what) {
  if (!collecting) throw new Error(`Calling ${what} inside a test is not allowed: the tests of a file are known before the first one runs.`);
}

function addTest(name, chained, second, third, fixtures, values = []) {
  requireCollecting("test()");
  const [given, run] = readArguments("test", second, third);
  const options = { ...chained, ...given };
  // A test without a body is one that is still to be written.
  if (run === undefined && !options.skip) options.todo = true;
  const test = { name: nameOf(name), parent: current, options, run, values, fixtures, stack: new Error().stack, isTest: true };
  test.id = tests.push(test) - 1;
  current.children.push(test);
}

function addSuite(name, chained, second, third, values = []) {
  requireCollecting("describe()");
  const [given, body] = readArguments("describe", second, third);
  const suite = new Suite(nameOf(name), current, { ...chained, ...given });
  suite.stack = new Error().stack;
  if (body !== undefined) suite.body = () => body(...(values.length > 0 ? values : [test]));
  current.children.push(suite);
}

// `fn.skip.only(…)`: each modifier gives the same function with one option more.
function chainable(call, options, extend) {
  const made = (...args) => call(options, ...args);
  const withOption = (name, value = true) => chainable(call, { ...options, [name]: value }, extend);
  for (const name of [...modes, ...flags]) {
    Object.defineProperty(made, name, { get: () => withOption(name), enumerable: true });
  }
  made.skipIf = (condition) => (condition ? withOption("skip") : made);
  made.runIf = (condition) => (condition ? made : withOption("skip"));
  return extend(made, options);
}

function eachOf(add) {
  return (spread) => (options) => (cases, ...rest) => {
    const rows = rowsOf(cases, rest);
    return (name, second, third) => {
      const names = rowNames(nameOf(name), rows);
      rows.forEach((row, i) => add(names[i], options, second, third, spread && Array.isArray(row) ? row : [row]));
    };
  };
}

export const describe = chainable(
  (options, name, second, third) => addSuite(name, options, second, third),
  {},
  (made, options) => {
    const each = eachOf((name, chained, second, third, values) => addSuite(name, chained, second, third, values));
    return Object.assign(made, { each: each(true)(options), for: each(false)(options) });
  },
);

function makeTest(fixtures) {
  const made = chainable(
    (options, name, second, third) => addTest(name, options, second, third, fixtures),
    {},
    (made, options) => {
      const each = eachOf((name, chained, second, third, values) => addTest(name, chained, second, third, fixtures, values));
      const withContext = eachOf((name, chained, second, third, values) => {
        const [given, run] = readArguments("test.for", second, third);
        addTest(name, chained, given, run && Object.assign((context) => run(values[0], context), { [FIXTURES]: [run, 1] }), fixtures);
      });
      return Object.assign(made, {
        each: each(true)(options),
        for: withContext(false)(options),
        extend: (...more) => makeTest(mergeFixtures(fixtures, more)),
        describe,
        suite: describe,
        ...hooks,
      });
    },
  );
  return made;
}

// What libraries that add kinds of tests build on (`TestRunner` of `vitest`, as `@fast-check/vitest` uses it): `add` is
// called with the options as `this`.
export function createTaskCollector(add) {
  const each = eachOf((name, chained, second, third, values) => {
    const [given, run] = readArguments("test", second, third);
    add.call({ ...chained, ...given }, name, run && ((context) => run(...values, context)));
  });
  return chainable(
    (options, ...args) => add.apply(options, args),
    {},
    (made, options) => Object.assign(made, { each: each(true)(options), for: each(false)(options) }),
  );
}

export const getCurrentSuite = () => ({
  name: current.name,
  task: (name, { handler, ...options }) => addTest(name, {}, options, handler, {}),
});

const addHook = (kind) => (callback, timeout) => {
  requireCollecting(`${kind}()`);
  if (typeof callback !== "function") throw new TypeError(`${kind}() expects a function`);
  current.hooks[kind].push({ callback, timeout });
};

export const hooks = {};
for (const kind of Object.keys(root.hooks)) hooks[kind] = addHook(kind);

export const test = makeTest({});

export async function collect(load) {
  await load();
  await collectBodies(root);
  collecting = false;
  arrange(root);
}

async function collectBodies(suite) {
  for (const child of suite.children) {
    if (child.isTest) continue;
    current = child;
    if (child.body !== null) await child.body();
    await collectBodies(child);
  }
  current = suite.parent ?? root;
}

// Who runs: `only` anywhere in a file leaves out everything else, `skip` and `todo` hold for all that is inside.
function arrange(file) {
  file.children = [...file.children.filter((child) => child.isTest), ...file.children.filter((child) => !child.isTest)];
  const anyOnly = [...tests, ...suites].some(({ options }) => options.only);
  const visit = (task, inherited) => {
    const { options } = task;
    const only = inherited.only || options.only === true;
    const mode = options.skip ? "skip" : options.todo ? "todo" : inherited.mode;
    const timeout = options.timeout ?? inherited.timeout;
    task.retry = options.retry ?? inherited.retry ?? 0;
    task.repeats = options.repeats ?? inherited.repeats ?? 0;
    task.timeout = timeout;
    if (task.isTest) {
      task.mode = mode ?? (anyOnly && !only ? "skip" : "run");
      return;
    }
    // `describe.only` around a `test.only` means the inner one.
    const narrower = only && containsOnly(task);
    for (const child of task.children) {
      visit(child, { only: only && !narrower, mode, timeout, retry: task.retry, repeats: task.repeats });
    }
  };
  visit(file, { only: false });
}

function containsOnly(suite) {
  return suite.children.some((child) => child.options.only || (!child.isTest && containsOnly(child)));
}
