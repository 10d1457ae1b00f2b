// The end of memory, which no `catch` stops in Convex. QuickJS throws an `InternalError`, or null when not even that
// fits; the bundle shows us whatever it catches (`convex_test/project/tasks.py`).
// Known gap: null that code throws itself, after more time than it takes to fill the memory, is taken for the end.
import { describe } from "./describe.js";
import { elapsed, onEnter } from "./execution.js";
import { send } from "./mailbox.js";

const NativeInternalError = InternalError;
const shortest = 30; // milliseconds; `SHORTEST_EXHAUSTION` in `convex_test/functions/failures.py`
// Made while there is memory.
const failure = JSON.stringify({
  name: "InternalError", message: "out of memory", text: "Uncaught InternalError: out of memory", stack: "", origin: "",
});

export function isOutOfMemory(error) {
  if (error === null) return elapsed() > shortest;
  return error instanceof NativeInternalError && error.message === "out of memory";
}

let exhausted = false;
let thrown = null;

onEnter(() => {
  exhausted = false;
});

// Only notes it: there may be no memory for more.
export function outOfMemory(error) {
  if (!exhausted) thrown = error;
  exhausted = true;
}

// Called when the job queue is empty.
export function reportExhaustion() {
  if (!exhausted) return;
  exhausted = false;
  send("!", described(thrown) ?? failure);
}

function described(error) {
  try {
    const found = describe(error);
    return found.name === "InternalError" ? JSON.stringify(found) : null;
  } catch {
    return null;
  }
}

// Goes on throwing, so that the function comes to its end.
export function rethrowExhaustion(error) {
  if (!isOutOfMemory(error)) return;
  outOfMemory(error);
  throw error;
}

globalThis[Symbol.for("convex-test.caught")] = rethrowExhaustion;
