// `globalThis.Convex`: the syscalls that npm's `convex/server` makes. The synchronous ones are answered here, the
// others go to the host. Streams keep the rows of the batch they are in: the backend too hands out frozen batches.
import { execution, onEnter } from "./execution.js";
import { post, send } from "./mailbox.js";
import { normalizeId } from "./ids.js";

let streams = [];

onEnter(() => {
  streams = [];
});

class Stream {
  constructor(request) {
    this.request = request; // the serialized query, sent with the first batch that is asked for
    this.rows = [];
    this.at = 0;
    this.exhausted = false;
    this.fetching = null;
  }

  // An answer is lines: "1" when the range is exhausted (else "0"), then one document each.
  fetch(id, op) {
    const opening = this.request;
    this.request = null;
    return post(op, opening === null ? `{"queryId":${id}}` : `{"queryId":${id},"open":${opening}}`);
  }

  accept(answer) {
    const lines = answer.split("\n");
    this.exhausted = lines[0] === "1";
    this.rows = lines;
    this.at = 1;
  }

  take() {
    return `{"value":${this.rows[this.at++]},"done":false}`;
  }

  async next(id) {
    // Several unawaited `next()` calls share the batch that is on its way.
    while (this.at >= this.rows.length) {
      if (this.exhausted) return '{"value":null,"done":true}';
      this.fetching ??= this.fetch(id, "stream/batch");
      const answer = await this.fetching;
      if (this.fetching !== null) {
        this.fetching = null;
        this.accept(answer);
      }
    }
    return this.take();
  }
}

function streamOf(id) {
  const stream = streams[id];
  if (stream === undefined) throw new Error("in-progress query not found");
  return stream;
}

// All rows that are left, as one JSON array; null when they hold values that need `jsonToConvex`.
export async function collectStream(id) {
  const stream = streamOf(id);
  const pieces = [];
  let plain = true;
  while (!stream.exhausted) {
    const answer = await stream.fetch(id, "stream/collect");
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

function syscall(op, json) {
  if (execution.kind === "import") throw new Error(`Syscall ${op} unsupported at import time`);
  switch (op) {
    case "1.0/queryStream":
      return `{"queryId":${openStream(json)}}`;
    case "1.0/queryCleanup":
      return String(closeStream(JSON.parse(json).queryId));
    case "1.0/db/normalizeId": {
      const { table, idString } = JSON.parse(json);
      return JSON.stringify({ id: normalizeId(table, idString) });
    }
    default:
      throw new Error(`Unknown operation ${op}`);
  }
}

function asyncSyscall(op, json) {
  if (execution.kind === "import") return Promise.reject(new Error("Can't use database at import time"));
  if (op === "1.0/queryStreamNext") {
    const id = JSON.parse(json).queryId;
    try {
      const stream = streamOf(id);
      // Rows of the batch at hand need no promise of their own.
      return stream.at < stream.rows.length ? Promise.resolve(stream.take()) : stream.next(id);
    } catch (error) {
      return Promise.reject(error);
    }
  }
  return post(op, json);
}

function jsSyscall(op) {
  const error = new Error(`not supported: the JS syscall ${op}`);
  throw error;
}

Object.defineProperty(globalThis, "Convex", {
  value: { syscall, asyncSyscall, jsSyscall },
  writable: true,
  enumerable: false,
  configurable: true,
});
