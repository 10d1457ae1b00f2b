// One call of a function, and which one is running. The call that code belongs to is found by `AsyncLocalStorage`, as in
// `npm-packages/node-executor/src/executor.ts`; what lost it belongs to the one that the host pumps.
import { AsyncLocalStorage } from "node:async_hooks";
import { randomUUID } from "node:crypto";
import { flushSoon, pumpedContext, write } from "./channel.mjs";
import { native } from "./natives.mjs";

const storage = new AsyncLocalStorage();
const byContext = new Map();
let lastId = 0;
let skipped = 0;

// What the host has skipped so far, in milliseconds.
export function skippedTime() {
  return skipped;
}

// sfc32, as in `../random.js`.
function generator([a, b, c, d]) {
  const uint32 = () => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return t >>> 0;
  };
  for (let i = 0; i < 12; i++) uint32();
  return () => ((uint32() >>> 5) * 67108864 + (uint32() >>> 6)) / 9007199254740992;
}

export class Invocation {
  constructor(context, settings) {
    this.context = context;
    this.settings = settings;
    this.requestId = randomUUID();
    this.module = "";
    this.name = "";
    this.ended = false;
    this.hasNews = false;
    this.waiting = new Map();
    this.timers = new Map();
    this.pending = {};
    this.console = { lines: 0, length: 0, full: false, timers: new Map() };
    this.now = settings.now;
    this.readAt = native.now();
    this.random = generator(settings.seed);
    byContext.set(context, this);
  }

  tick(now) {
    skipped += Math.max(0, now - this.currentTime());
    this.now = now;
    this.readAt = native.now();
  }

  currentTime() {
    return Math.floor(this.now + (native.now() - this.readAt));
  }

  // A request to the host. Once the call has ended nobody answers, and nothing of it reaches another call.
  post(op, json) {
    if (this.ended) return new Promise(() => {});
    const id = ++lastId;
    write(this.context, `${id} ${op} ${json}`);
    this.hasNews = true;
    flushSoon();
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
  }

  send(sign, text) {
    if (!this.ended) write(this.context, `${sign} ${text}`);
  }

  settle(sign, text) {
    if (this.ended) return;
    this.send(sign, text);
    this.ended = true;
    this.hasNews = true;
    this.waiting.clear();
    this.timers.clear();
    flushSoon();
  }

  answered(id) {
    const promise = this.waiting.get(id);
    this.waiting.delete(id);
    return promise;
  }

  run(callback) {
    return storage.run(this, callback);
  }
}

export function invocationOf(context) {
  return byContext.get(context);
}

export function current() {
  return storage.getStore() ?? byContext.get(pumpedContext());
}

// The call that an error belongs to which nobody has caught.
export function running() {
  const found = [current(), ...byContext.values()].find((each) => each !== undefined && !each.ended);
  return found;
}
