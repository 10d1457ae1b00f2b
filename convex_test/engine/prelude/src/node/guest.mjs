// Convex's own runtime inside of Node, for the debugger: a realm of V8 with the prelude that QuickJS gets, driven by the
// same calls. Nothing of Node is in it.
import fs from "node:fs";
import vm from "node:vm";
import { write } from "./channel.mjs";
import { letAttach } from "./inspect.mjs";
import { native } from "./natives.mjs";

export const guests = new Map();

const entering = new Set(["invoke", "invokeHelper", "invokeSnippet", "invokeHttp"]);

// Stacks as QuickJS writes them: `engine/stack.py` reads them, and functions see the same as without the debugger.
const stacks = (bundleName, bundleLine) => `
  // QuickJS's class, which the prelude looks at before it takes it away.
  globalThis.InternalError = class InternalError extends Error {};
  Error.prepareStackTrace = (error, frames) => frames.map((frame) => {
    const file = frame.getFileName() ?? frame.getScriptNameOrSourceURL() ?? "";
    if (file === "convex-test-prelude.js") return "";
    const inBundle = file === ${JSON.stringify(bundleName)};
    const line = frame.getLineNumber() + (inBundle ? ${bundleLine - 1} : 0);
    return "    at " + (frame.getFunctionName() ?? "<anonymous>") + " (<input>:" + line + ":" + frame.getColumnNumber() + ")";
  }).filter((line) => line !== "").join("\\n");
`;

// What QuickJS has, and the prelude uses, and the oldest Node has not.
const missing = `(encode, decode, detach) => {
  const define = (holder, name, value) => {
    if (!(name in holder)) Object.defineProperty(holder, name, { value, writable: true, enumerable: false, configurable: true });
  };
  define(Uint8Array.prototype, "toBase64", function toBase64() { return encode(this); });
  define(Uint8Array, "fromBase64", function fromBase64(text) { return new Uint8Array(decode(text)); });
  define(ArrayBuffer.prototype, "transfer", function transfer(length = this.byteLength) {
    const made = new ArrayBuffer(length);
    new Uint8Array(made).set(new Uint8Array(this, 0, Math.min(length, this.byteLength)));
    detach(this);
    return made;
  });
}`;
const encode = (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
const decode = (text) => Buffer.from(text, "base64");
const detach = (buffer) => structuredClone(buffer, { transfer: [buffer] });

class Guest {
  constructor(context, { core, lazy, bundle, bundleName, bundleLine, globalName }) {
    this.context = context;
    this.realm = vm.createContext(Object.assign(Object.create(null), { performance: { now: native.now } }));
    this.run(stacks(bundleName, bundleLine), "convex-test-prelude.js");
    this.run(missing, "convex-test-prelude.js")(encode, decode, detach);
    this.run(fs.readFileSync(core, "utf8"), "convex-test-prelude.js");
    this.functions = this.run("globalThis.guest", "convex-test-prelude.js");
    this.run("delete globalThis.guest", "convex-test-prelude.js");
    for (const [name, file] of Object.entries(lazy)) this.functions.addLazySource(name, fs.readFileSync(file, "utf8"));
    const code = fs.readFileSync(bundle, "utf8");
    const [, body, map] = /^([^]*?)(\n\/\/# sourceMappingURL=.*)?$/.exec(code);
    this.factory = this.run(`(function(){${body}\nreturn ${globalName};})${map ?? ""}`, bundleName);
  }

  run(source, filename) {
    return new vm.Script(source, { filename }).runInContext(this.realm);
  }

  call(name, args) {
    if (entering.has(name)) letAttach();
    try {
      this.functions[name](...(name === "instantiate" ? [this.factory] : args));
    } catch (error) {
      broken(error);
    }
  }

  // Whether there was something to tell.
  drain() {
    const text = this.functions.drain();
    if (text === "") return false;
    for (const line of text.split("\n")) write(this.context, line);
    return true;
  }
}

// The prelude catches what is the user's.
function broken(error) {
  fs.writeSync(2, `${error}\n${error?.stack}\n`);
  native.exit(1);
}

export function openGuest(context, settings) {
  try {
    guests.set(context, new Guest(context, settings));
  } catch (error) {
    broken(error);
  }
}
