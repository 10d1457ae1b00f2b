// `console`, with the methods that Convex's has, no more (`npm-packages/udf-runtime/src/02_console.ts`).
// Arguments are printed by `object-inspect`, as there; plain strings and numbers do without loading it.
import { send } from "./mailbox.js";
import { load } from "./lazy.js";
import { elapsed, onEnter } from "./execution.js";

const plain = /^[^'\\\x00-\x1f\x7f-\x9f]*$/;
const maximum = 32768;

function format(value) {
  if (typeof value === "string" && value.length <= maximum && plain.test(value)) return "'" + value + "'";
  if (typeof value === "number" && !Object.is(value, -0)) return String(value);
  return load("inspect").inspect(value, { maxStringLength: maximum, indent: 2, customInspect: true });
}

function write(level, args) {
  writeTexts(level, args.map(format));
}

function writeTexts(level, messages, stack) {
  send("#", JSON.stringify({ level, messages, stack }));
}

let timers = new Map();

onEnter(
  () => {
    timers = new Map();
  },
  { save: () => timers, restore: (saved) => (timers = saved) },
);

const named = (label) => (label === undefined ? "default" : label === null ? "null" : label.toString());

function elapsedText(label) {
  return `${label}: ${Math.round(elapsed() - timers.get(label))}ms`;
}

const methods = {
  debug(...args) { write("DEBUG", args); },
  error(...args) { write("ERROR", args); },
  info(...args) { write("INFO", args); },
  log(...args) { write("LOG", args); },
  warn(...args) { write("WARN", args); },
  trace(...args) { writeTexts("LOG", args.map(format), new Error().stack); },
  time(label) {
    label = named(label);
    if (timers.has(label)) return writeTexts("WARN", [`Timer '${label}' already exists`]);
    timers.set(label, elapsed());
  },
  timeLog(label, ...args) {
    label = named(label);
    if (!timers.has(label)) return writeTexts("WARN", [`Timer '${label}' does not exist`]);
    writeTexts("INFO", [elapsedText(label), ...args.map(format)]);
  },
  timeEnd(label) {
    label = named(label);
    if (!timers.has(label)) return writeTexts("WARN", [`Timer '${label}' does not exist`]);
    writeTexts("INFO", [elapsedText(label)]);
    timers.delete(label);
  },
};

const console = Object.assign(Object.create({}), methods);
Object.defineProperty(console, Symbol.toStringTag, { value: "console", configurable: true });
Object.defineProperty(globalThis, "console", { value: console, writable: true, enumerable: false, configurable: true });
