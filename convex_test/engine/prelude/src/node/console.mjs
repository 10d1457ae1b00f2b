// `console` of `npm-packages/node-executor/src/executor.ts`: the methods that write a line do, printed by
// `util.inspect`; the others of Node's `Console` write nowhere.
import { Console } from "node:console";
import { Writable } from "node:stream";
import { inspect } from "node:util";
import { current } from "./invocation.mjs";

const maximumLines = 256;
const maximumLength = 1_048_576;

function write(level, args) {
  const invocation = current();
  if (invocation === undefined) return;
  const state = invocation.console;
  if (state.full) return;
  let messages = args.map((each) => inspect(each, { maxStringLength: 32768, customInspect: true }));
  const length = messages.reduce((sum, message) => sum + message.length + 1, 0) - 1;
  const overflow =
    state.length + length > maximumLength ? "maximum 1M characters" : state.lines >= maximumLines ? `maximum ${maximumLines}` : null;
  if (overflow !== null) {
    state.full = true;
    [level, messages] = ["ERROR", [`Log overflow (${overflow}). Remaining log lines omitted.`]];
  }
  state.length += length;
  state.lines += 1;
  invocation.send("#", JSON.stringify({ level, messages }));
}

const named = (label) => (label === undefined ? "default" : label === null ? "null" : label.toString());

function timer(label, use) {
  const timers = current()?.console.timers;
  if (timers === undefined) return;
  const name = named(label);
  const started = timers.get(name);
  if (started === undefined) write("WARN", [`Timer '${name}' does not exist`]);
  else use(name, `${name}: ${Date.now() - started}ms`, timers);
}

const methods = {
  debug: (...args) => write("DEBUG", args),
  error: (...args) => write("ERROR", args),
  info: (...args) => write("INFO", args),
  log: (...args) => write("LOG", args),
  warn: (...args) => write("WARN", args),
  time(label) {
    const timers = current()?.console.timers;
    if (timers?.has(named(label))) write("WARN", [`Timer '${named(label)}' already exists`]);
    else timers?.set(named(label), Date.now());
  },
  timeLog: (label, ...args) => timer(label, (_name, text) => write("INFO", [text, ...args])),
  timeEnd(label) {
    timer(label, (name, text, timers) => {
      timers.delete(name);
      write("INFO", [text]);
    });
  },
};

export function installConsole() {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const value = Object.assign(new Console({ stdout: nowhere, stderr: nowhere }), methods);
  Object.defineProperty(globalThis, "console", { value, writable: true, enumerable: false, configurable: true });
}
