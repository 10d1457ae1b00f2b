// Lines in and out. In: a JSON array per line, `[context, command, ...arguments]`. Out: lines of an outbox, each after
// the nonce and the context's number; what else comes on stdout is a program's own, so lines of ours begin anew.
//
// One `pump` of the host gets one answer, the line `.`: when the function has asked for something or has ended, or when
// the event loop has nothing left to do. While it is out, stdin does not keep the event loop alive; so Node itself says
// by `beforeExit` that nothing is left.
import fs from "node:fs";
import { native } from "./natives.mjs";

const input = process.stdin;
const nonce = process.argv[2];
let pumped = null;
let flushing = false;

export function write(context, line) {
  const bytes = Buffer.from(`\n${nonce} ${context} ${line}\n`);
  for (let at = 0; at < bytes.length; ) at += fs.writeSync(1, bytes, at);
}

export function listen(commands) {
  let pieces = [];
  input.setEncoding("utf8");
  input.on("data", (text) => {
    let start = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
      pieces.push(text.slice(start, end));
      start = end + 1;
      const [context, command, ...args] = JSON.parse(pieces.join(""));
      pieces = [];
      commands[command](context, ...args);
    }
    if (start < text.length) pieces.push(text.slice(start));
  });
  // The host is gone.
  input.on("end", () => native.exit(0));
  input.on("error", () => native.exit(0));
  process.on("beforeExit", answer);
}

// `hasNews()` says whether the pumped function has asked for something or has ended; `paused()` is told of the answer.
export function pump(context, hasNews, paused = () => {}) {
  pumped = { context, hasNews, paused };
  input.unref();
  flushSoon();
}

export function pumpedContext() {
  return pumped?.context;
}

// After the microtasks, and what else runs in this turn of the event loop.
export function flushSoon() {
  if (pumped === null || flushing) return;
  flushing = true;
  native.setImmediate(() => {
    flushing = false;
    if (pumped?.hasNews()) answer();
  });
}

export function answer() {
  if (pumped === null) return;
  const { context, paused } = pumped;
  pumped = null;
  paused();
  write(context, ".");
  input.ref();
}
