// `setTimeout` and friends. In an action the host wakes a timer when its time has come. In a query or mutation the
// call returns an id and the function then fails: the runtime drops the promise of its sleep, so what is thrown is an
// unhandled rejection that no `catch` around the call sees (`npm-packages/udf-runtime/src/02_timers.ts`).
import { execution, onEnter } from "./execution.js";
import { notHere, notImplemented } from "./failing.js";
import { post, send } from "./mailbox.js";
import { describe } from "./describe.js";
import { whenSettled } from "./rejections.js";

let timers = new Map();
let lastId = 0;

onEnter(
  () => {
    timers = new Map();
  },
  { save: () => timers, restore: (saved) => (timers = saved) },
);

function start(name, callback, delay, args, repeat) {
  if (typeof callback === "string") notImplemented("code string argument", name);
  if (typeof callback !== "function") throw new Error(`not supported: ${name} with something that is not a function`);
  const id = ++lastId;
  if (execution.kind !== "action") {
    send("!", JSON.stringify(describe(notHere(name))));
    return id;
  }
  const milliseconds = Math.max(0, Number(delay) || 0);
  const owner = timers;
  owner.set(id, true);
  sleep(owner, id, milliseconds, () => callback(...args), repeat);
  return id;
}

function sleep(owner, id, milliseconds, callback, repeat) {
  whenSettled(post("timer", JSON.stringify({ id, milliseconds })), () => {
    if (!owner.has(id)) return;
    if (repeat) sleep(owner, id, milliseconds, callback, repeat);
    else owner.delete(id);
    try {
      callback();
    } catch (error) {
      send("!", JSON.stringify(describe(error)));
    }
  });
}

function clear(id) {
  timers.delete(Number(id));
}

const hidden = { writable: true, enumerable: false, configurable: true };
Object.defineProperties(globalThis, {
  setTimeout: { ...hidden, value: function setTimeout(callback, delay, ...args) { return start("setTimeout", callback, delay, args, false); } },
  setInterval: { ...hidden, value: function setInterval(callback, delay, ...args) { return start("setInterval", callback, delay, args, true); } },
  clearTimeout: { ...hidden, value: function clearTimeout(id) { clear(id); } },
  clearInterval: { ...hidden, value: function clearInterval(id) { clear(id); } },
});
