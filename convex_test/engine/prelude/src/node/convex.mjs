// `globalThis.Convex`: the syscalls that npm's `convex/server` makes (`npm-packages/node-executor/src/syscalls.ts`).
// What the backend's executor asks for over HTTP is a request to the host here. Known gap: an operation other than a
// function call that is refused has the text of Convex's own runtime, without "Invalid … request" around it.
import { current } from "./invocation.mjs";

const maximumPending = 1000;

// The operations, and whether their arguments have the id of the call.
const operations = new Map([
  ["1.0/actions/query", true],
  ["1.0/actions/mutation", true],
  ["1.0/actions/action", true],
  ["1.0/createServiceToken", false],
  ["1.0/actions/vectorSearch", true],
  ["1.0/actions/schedule", true],
  ["1.0/actions/cancel_job", true],
  ["1.0/getUserIdentity", true],
  ["1.0/storageGenerateUploadUrl", true],
  ["1.0/storageGetUrl", true],
  ["1.0/storageGetMetadata", true],
  ["1.0/storageDelete", true],
  ["1.0/createFunctionHandle", false],
  ["1.0/getServiceUrl", false],
  ["1.0/getFunctionMetadata", false],
  ["1.0/getDeploymentMetadata", false],
  ["1.0/getRequestMetadata", false],
  ["1.0/auditLog", false],
]);

function checkRequestId(invocation, requestId) {
  if (!requestId) {
    throw new Error("Invalid syscall. The Convex syscalls are for internal Convex use and should not be called directly.");
  }
  if (requestId !== invocation.requestId) {
    throw new Error(
      "Leftover state detected. This typically happens if there are dangling promises from a previous request. " +
        "Did you forget to await your promises?",
    );
  }
}

function running() {
  const invocation = current();
  if (invocation === undefined) throw new Error("Cannot invoke syscall during module imports");
  return invocation;
}

function syscall(op) {
  running();
  if (["1.0/queryCleanup", "1.0/queryStream", "1.0/db/normalizeId"].includes(op)) {
    throw new Error(
      "The Convex database object is being used outside of a Convex query or mutation. Did" +
        "you mean to use `ctx.query` or `ctx.mutation` to access the database?",
    );
  }
  throw new Error(`Unknown operation ${op}`);
}

async function asyncSyscall(op, json) {
  const invocation = running();
  const { pending } = invocation;
  if (Object.values(pending).reduce((sum, count) => sum + count, 0) >= maximumPending) {
    throw new Error(
      "Too many concurrent operations. See https://docs.convex.dev/functions/actions#limits for more information.",
    );
  }
  pending[op] = (pending[op] ?? 0) + 1;
  try {
    return await perform(invocation, op, json);
  } finally {
    pending[op] -= 1;
  }
}

async function perform(invocation, op, json) {
  if (op === "1.0/schedule") {
    throw new Error(
      "The mutation scheduler is being used outside of a Convex mutation. Did" +
        "you mean to use `ctx.mutation` to access the database?",
    );
  }
  if (!operations.has(op)) throw new Error(`Unknown operation ${op}`);
  const args = JSON.parse(json);
  if (operations.get(op)) checkRequestId(invocation, args.requestId);
  if (op === "1.0/getFunctionMetadata") {
    const name = `${invocation.module.replace(/\.[^/.]+$/, "")}:${invocation.name}`;
    return JSON.stringify({ name, componentPath: "" });
  }
  return await invocation.post(op, JSON.stringify(args));
}

async function jsSyscall(op, args) {
  const invocation = running();
  if (op === "storage/storeBlob") return await storeBlob(invocation, args);
  if (op === "storage/getBlob") return await getBlob(invocation, args);
  throw new Error(`Unknown operation ${op}`);
}

function requireArguments(args, names, list, what) {
  if (names.some((name) => args[name] === undefined)) throw new Error(`${list} are required for ${what}`);
}

async function storeBlob(invocation, args) {
  requireArguments(args, ["requestId", "blob", "version"], "requestId, blob, and version", "storeBlob");
  checkRequestId(invocation, args.requestId);
  const { blob, options } = args;
  if (!(blob instanceof Blob)) {
    throw new Error(
      "store() expects a Blob. If you are trying to store a Request, `await request.blob()` will give you the correct input.",
    );
  }
  const content = Buffer.from(await blob.arrayBuffer()).toString("base64");
  const request = { blob: content, contentType: blob.type, sha256: options?.sha256 };
  try {
    return JSON.parse(await invocation.post("storage/storeBlob", JSON.stringify(request)));
  } catch (error) {
    throw new Error(`Error uploading file: ${error.message}`);
  }
}

async function getBlob(invocation, args) {
  requireArguments(args, ["requestId", "storageId", "version"], "requestId, storageId, and version", "getBlob");
  checkRequestId(invocation, args.requestId);
  const found = JSON.parse(await invocation.post("storage/getBlob", JSON.stringify({ storageId: args.storageId })));
  return found === null ? null : new Blob([Buffer.from(found.blob, "base64")], { type: found.contentType ?? "" });
}

// `assertNoPendingSyscalls`, when the function has returned.
export function warnOfPending(invocation) {
  for (const [op, count] of Object.entries(invocation.pending)) {
    if (count === 0) continue;
    const name = op.replace(/^1\.0\//, "").replace(/^actions\//, "").replace(/^storage/, "storage ");
    console.warn(
      `You have an outstanding ${name} call. Operations should be awaited or they might not run. ` +
        "Not awaiting promises might result in unexpected failures. " +
        "See https://docs.convex.dev/functions/actions#dangling-promises for more information.",
    );
  }
}

export function installConvex() {
  globalThis.Convex = { syscall, asyncSyscall, jsSyscall };
}
