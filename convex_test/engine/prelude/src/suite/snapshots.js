// Snapshots: `@vitest/snapshot` with an environment that reads and writes through the host. The matchers follow
// `packages/vitest/src/integrations/snapshot/chai.ts` of Vitest 5.
import { equals, iterableEquality, subsetEquality } from "@vitest/expect";
import { SnapshotClient, addSerializer, stripSnapshotIndentation } from "@vitest/snapshot";
import { post } from "../mailbox.js";

const client = new SnapshotClient({ isEqual: (received, expected) => equals(received, expected, [iterableEquality, subsetEquality]) });
let file = null;

const environment = {
  getVersion: () => "1",
  getHeader: () => "// Vitest Snapshot v1, https://vitest.dev/guide/snapshot.html",
  resolvePath: async () => settings.path,
  resolveRawPath: async (_testPath, rawPath) => JSON.parse(await post("t/resolve", JSON.stringify({ path: rawPath }))),
  readSnapshotFile: async (path) => JSON.parse(await post("t/read", JSON.stringify({ path }))),
  saveSnapshotFile: async (path, content) => void (await post("t/write", JSON.stringify({ path, content }))),
  removeSnapshotFile: async (path) => void (await post("t/write", JSON.stringify({ path, content: null }))),
};
let settings = null;

// `{file, path, update}`: the test file, its snapshots, and "none", "new" or "all".
export async function openSnapshots(given) {
  settings = given;
  file = given.file;
  await client.setup(file, { updateSnapshot: given.update, snapshotEnvironment: environment, snapshotFormat: { printBasicPrototype: false, escapeString: false } });
}

export async function closeSnapshots() {
  if (file === null) return null;
  await findPositions(client.getSnapshotState(file)._inlineSnapshots);
  const { added, updated, unmatched, unchecked, uncheckedKeys, matched } = await client.finish(file);
  return { added, updated, unmatched, unchecked, uncheckedKeys, matched };
}

// Where inline snapshots are in the file is known to the host; they are written when the file has ended.
async function findPositions(snapshots) {
  if (snapshots.length === 0) return;
  const places = snapshots.map(({ line, column }) => [line, column + 1]);
  const found = JSON.parse(await post("t/positions", JSON.stringify({ places })));
  snapshots.forEach((snapshot, i) => Object.assign(snapshot, found[i], { column: found[i].column - 1 }));
}

// The first frame of a bundle in a stack of QuickJS's, as `@vitest/snapshot` wants to be told.
function placeOf(error) {
  for (const [, line, column] of String(error.stack).matchAll(/<input>:(\d+):(\d+)/g)) {
    if (Number(line) < firstBundleLine) continue;
    const unknown = { file: "", line: 0, column: 0 };
    return { stacks: [{ ...unknown, method: "__INLINE_SNAPSHOT_OFFSET_1__" }, { method: "", file, line: Number(line), column: Number(column) }] };
  }
  return error;
}

const firstBundleLine = 10_001;

export const snapshotSerializer = (serializer) => addSerializer(serializer);

function thrownBy(received, promise) {
  if (promise === "resolves") throw new Error("snapshot assertion with `.resolves` got no error");
  if (promise === "rejects") return received;
  if (typeof received !== "function") throw new Error(`expected ${typeof received} to be a function that throws`);
  try {
    received();
  } catch (error) {
    return error;
  }
  throw new Error("snapshot function didn't throw");
}

export function SnapshotMatchers(chai, utils) {
  const testOf = (assertion, name) => {
    if (utils.flag(assertion, "negate")) throw new Error(`${name} cannot be used with "not"`);
    const task = utils.flag(assertion, "vitest-test");
    if (!task) throw new Error(`'${name}' cannot be used without test context`);
    return { filepath: file, name: task.fullTestName, testId: task.id };
  };
  const add = (names, matcher) => {
    for (const name of names) {
      utils.addMethod(chai.Assertion.prototype, name, function (...args) {
        return matcher.call(this, name, ...args);
      });
    }
  };
  const errorOf = (assertion) => placeOf(utils.flag(assertion, "error") ?? new Error("snapshot"));
  add(["toMatchSnapshot", "matchSnapshot"], function (name, properties, message) {
    if (typeof properties === "string") [properties, message] = [undefined, properties];
    client.assert({ ...testOf(this, name), received: utils.flag(this, "object"), message, properties, errorMessage: utils.flag(this, "message"), isInline: false });
  });
  add(["toMatchInlineSnapshot"], function (name, properties, snapshot, message) {
    if (typeof properties === "string") [properties, snapshot, message] = [undefined, properties, snapshot];
    if (snapshot !== undefined) snapshot = stripSnapshotIndentation(snapshot);
    client.assert({
      ...testOf(this, name), received: utils.flag(this, "object"), message, properties, inlineSnapshot: snapshot, isInline: true,
      error: errorOf(this), errorMessage: utils.flag(this, "message"),
    });
  });
  add(["toThrowErrorMatchingSnapshot"], function (name, message) {
    const received = thrownBy(utils.flag(this, "object"), utils.flag(this, "promise"));
    client.assert({ ...testOf(this, name), received, message, isInline: false });
  });
  add(["toThrowErrorMatchingInlineSnapshot"], function (name, snapshot, message) {
    const received = thrownBy(utils.flag(this, "object"), utils.flag(this, "promise"));
    client.assert({
      ...testOf(this, name), received, message, inlineSnapshot: snapshot === undefined ? undefined : stripSnapshotIndentation(snapshot),
      isInline: true, error: errorOf(this),
    });
  });
  add(["toMatchFileSnapshot"], function (name, path, message) {
    const task = utils.flag(this, "vitest-test");
    const promise = client.assertRaw({ ...testOf(this, name), received: utils.flag(this, "object"), message, rawSnapshot: { file: path }, isInline: false });
    task.promises.push(promise);
    return promise;
  });
}
