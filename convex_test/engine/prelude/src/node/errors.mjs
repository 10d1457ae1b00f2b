// What was thrown, as the backend tells of it: `extractErrorMessage` in `npm-packages/node-executor/src/errors.ts` and
// `format_uncaught_error` in `crates/isolate/src/helpers.rs`. Frames are those of the project's bundle.
const bundleFrame = /^ {4}at (?:async )?(?:(?<name>.*) \()?(?<url>file:\/\/[^\s()]*\/convex-test-node\.mjs\?[^\s():]*):(?<line>\d+):(?<column>\d+)\)?$/;

function messageOf(thrown) {
  if (thrown === null || thrown === undefined) return "unknown error";
  try {
    const has = (value) => typeof value?.toString === "function";
    const text = has(thrown.message) ? thrown.message.toString() : has(thrown) ? thrown.toString() : undefined;
    return typeof text === "string" ? text : "unknown error";
  } catch {
    return "unknown error";
  }
}

function uncaught(name, message) {
  if (name && message) return `Uncaught ${name}: ${message}`;
  return name || message ? `Uncaught ${name || message}` : "Uncaught";
}

function nameOf(thrown) {
  try {
    return String(thrown?.name ?? "");
  } catch {
    return "";
  }
}

function stackOf(thrown) {
  try {
    return framesOf(String(thrown?.stack ?? ""));
  } catch {
    return "";
  }
}

// As `engine/stack.py` reads them.
export function framesOf(stack) {
  const frames = [];
  for (const line of stack.split("\n")) {
    const found = bundleFrame.exec(line)?.groups;
    // esbuild makes a function of each module, with the file as its name.
    const name = found?.name?.includes("/") ? undefined : found?.name;
    if (found) frames.push(`    at ${name ?? "<anonymous>"} (<node>:${found.line}:${found.column})`);
  }
  return frames.join("\n");
}

// `event` is what stands in the place of the error's class when nobody was there to catch it.
export function thrown(error, event) {
  const message = messageOf(error);
  const name = event ?? nameOf(error);
  const described = { name, message, text: uncaught(name, message), stack: stackOf(error), origin: "" };
  // npm's `invokeAction` has turned the data into JSON.
  const isConvexError = typeof error === "object" && error !== null && Symbol.for("ConvexError") in error;
  if (isConvexError && event === undefined) described.data = error.data;
  return described;
}

// What goes wrong before the function runs is no exception of the user's.
export function refused(message) {
  return { name: "Error", message, text: message, stack: "", origin: "" };
}
