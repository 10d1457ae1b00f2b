// `globalThis.Convex`: the syscalls that npm's `convex/server` makes. The synchronous ones are answered here, the
// others go to the host. A stream is opened at the host by the first request that reads it.
import { execution, isConfig, isTransaction, onEnter, refuseInConfig } from "./execution.js";
import { developerError, notHere } from "./failing.js";
import { convexJsonFromResponse, requestFromConvexJson } from "./http.js";
import { post, send } from "./mailbox.js";
import { getBlob, storeBlob } from "./storage.js";
import { normalizeId } from "./ids.js";

let streams = [];

onEnter(
  () => {
    streams = [];
  },
  { save: () => streams, restore: (saved) => (streams = saved) },
);

class Stream {
  constructor(request) {
    this.request = request; // the serialized query, sent with the first request
    this.exhausted = false;
  }

  read(op, id) {
    const opening = this.request;
    this.request = null;
    return post(op, opening === null ? `{"queryId":${id}}` : `{"queryId":${id},"open":${opening}}`);
  }
}

function streamOf(id) {
  const stream = streams[id];
  if (stream === undefined) throw new Error("in-progress query not found");
  return stream;
}

// All rows that are left, as one JSON array; not `plain` when they hold values that need `jsonToConvex`.
export async function collectStream(id) {
  const stream = streamOf(id);
  const pieces = [];
  let plain = true;
  while (!stream.exhausted) {
    const answer = await stream.read("stream/collect", id);
    // "<exhausted><plain>" and the documents, comma separated.
    stream.exhausted = answer[0] === "1";
    plain &&= answer[1] === "1";
    if (answer.length > 2) pieces.push(answer.slice(2));
  }
  return { json: "[" + pieces.join(",") + "]", plain };
}

export function openStream(request) {
  return streams.push(new Stream(request)) - 1;
}

// Whether there was such a stream. The host forgets those that it has read to their end.
export function closeStream(id) {
  const stream = streams[id];
  if (stream === undefined) return false;
  if (stream.request === null && !stream.exhausted) send("-", `stream/close ${id}`);
  streams[id] = undefined;
  return true;
}

// Texts of `crates/convex/sync_types/src/identifier.rs` and of serde.
function checkNormalizeId(table, idString) {
  for (const value of [table, idString]) {
    if (typeof value !== "string") {
      throw new Error(`Invalid arguments for \`db.normalizeId\`: invalid type: ${serdeType(value)}, expected a string`);
    }
  }
  const problem = identifierProblem(table);
  if (problem) throw new Error(`Invalid argument \`table\` for \`db.normalizeId\`: ${problem}`);
}

function serdeType(value) {
  if (value === null || value === undefined) return "null";
  if (typeof value === "boolean") return `boolean \`${value}\``;
  if (typeof value === "number") return Number.isInteger(value) ? `integer \`${value}\`` : `floating point \`${value}\``;
  return Array.isArray(value) ? "sequence" : "map";
}

function identifierProblem(name) {
  const length = new TextEncoder().encode(name).length;
  if (length === 0) return "Identifier cannot be empty";
  if (!/^[A-Za-z_]/.test(name)) {
    return `Invalid first character '${[...name][0]}' in ${name}: Identifiers must start with an alphabetic character or underscore`;
  }
  const odd = [...name].find((character) => !/[A-Za-z0-9_]/.test(character));
  if (odd !== undefined) {
    return `Identifier ${name} has invalid character '${odd}': Identifiers can only contain alphanumeric characters or underscores`;
  }
  if (length > 64) return `Identifier is too long (${length} > maximum 64)`;
  return /^_+$/.test(name) ? `Identifier ${name} cannot have exclusively underscores` : null;
}

function syscall(op, json) {
  if (execution.kind === "import") throw new Error(`Syscall ${op} unsupported at import time`);
  refuseInConfig(`Syscall ${op}`);
  switch (op) {
    case "1.0/queryStream":
      return `{"queryId":${openStream(json)}}`;
    case "1.0/queryCleanup":
      return String(closeStream(JSON.parse(json).queryId));
    case "1.0/db/normalizeId": {
      const { table, idString } = JSON.parse(json);
      checkNormalizeId(table, idString);
      return JSON.stringify({ id: normalizeId(table, idString) });
    }
    case "1.0/getSnapshotTs":
      if (isTransaction()) return execution.snapshotTs;
    // falls through
    default:
      throw new Error(`Unknown operation ${op}`);
  }
}

function asyncSyscall(op, json) {
  if (execution.kind === "import") return Promise.reject(new Error("Can't use database at import time"));
  if (isConfig()) return Promise.reject(notHere(`Syscall ${op}`));
  if (op !== "1.0/queryStreamNext") return post(op, json);
  const { queryId } = JSON.parse(json);
  const stream = streams[queryId];
  return stream === undefined ? Promise.reject(new Error("in-progress query not found")) : stream.read(op, queryId);
}

const jsOps = {
  "storage/storeBlob": storeBlob,
  "storage/getBlob": getBlob,
  requestFromConvexJson,
  convexJsonFromResponse,
};

function jsSyscall(op, args) {
  if (!Object.hasOwn(jsOps, op)) developerError(`Unknown JS syscall: ${op}`);
  return jsOps[op](args);
}

Object.defineProperty(globalThis, "Convex", {
  value: { syscall, asyncSyscall, jsSyscall },
  writable: true,
  enumerable: false,
  configurable: true,
});
