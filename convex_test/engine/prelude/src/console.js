// `console`, with the methods that Convex's has, no more (`npm-packages/udf-runtime/src/02_console.ts`).
// Arguments are printed by `object-inspect`, as there; plain strings and numbers do without loading it.
import { send } from "./mailbox.js";
import { load } from "./lazy.js";
import { elapsed } from "./execution.js";

const plain = /^[^'\\\x00-\x1f\x7f-\x9f]*$/;
const maximum = 32768;

function format(value) {
  if (typeof value === "string" && value.length <= maximum && plain.test(value)) return "'" + value + "'";
  if (typeof value === "number" && !Object.is(value, -0)) return String(value);
  return load("inspect").inspect(value, { maxStringLength: maximum, indent: 2, customInspect: true });
}

function write(level, args) {
  send("#", JSON.stringify({ level, messages: args.map(format) }));
}

const timers = new Map();

globalThis.console = {
  debug(...args) { write("DEBUG", args); },
  error(...args) { write("ERROR", args); },
  info(...args) { write("INFO", args); },
  log(...args) { write("LOG", args); },
  warn(...args) { write("WARN", args); },
  trace(...args) {
    const stack = new Error().stack;
    send("#", JSON.stringify({ level: "LOG", messages: args.map(format), stack }));
  },
  time(label = "default") {
    if (timers.has(label)) return write("WARN", [`Timer '${label}' already exists`]);
    timers.set(label, elapsed());
  },
  timeLog(label = "default", ...args) {
    if (!timers.has(label)) return write("WARN", [`Timer '${label}' does not exist`]);
    write("INFO", [`${label}: ${Math.round(elapsed() - timers.get(label))}ms`, ...args]);
  },
  timeEnd(label = "default") {
    if (!timers.has(label)) return write("WARN", [`Timer '${label}' does not exist`]);
    write("INFO", [`${label}: ${Math.round(elapsed() - timers.get(label))}ms`]);
    timers.delete(label);
  },
};
