// The debugger: opens Node's inspector, and before the first function runs waits until somebody has attached and gone on.
import inspector from "node:inspector";
import vm from "node:vm";
import { write } from "./channel.mjs";
import { native } from "./natives.mjs";

let waits = false;

export function startInspector(port) {
  inspector.open(port, "127.0.0.1");
  if (inspector.url() === undefined) native.exit(1);
  waits = true;
  write(0, "ready");
}

export const isInspected = () => inspector.url() !== undefined;

// One stop, so that breakpoints can be set in files that are there by now.
export function letAttach() {
  if (!waits) return;
  waits = false;
  write(0, `inspect ${inspector.url()}`);
  inspector.waitForDebugger();
  const source = "// The debugger is attached. Set breakpoints in the TypeScript files, then resume.\ndebugger;\n";
  new vm.Script(source, { filename: "convex-test-attached.js" }).runInThisContext();
}
