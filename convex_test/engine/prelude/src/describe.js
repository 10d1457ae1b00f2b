// What was thrown, in V8's words: "Uncaught TypeError: …", and for values that are no errors as
// `Object::NoSideEffectsToString` prints them.
import { originOf } from "./mailbox.js";

// Marks the error of a snippet that does not parse.
export const isSyntax = Symbol("syntax");

// QuickJS's words, and V8's for the same.
const spellings = new Map([
  ["InternalError: string too long", ["RangeError", "Invalid string length"]],
  ["RangeError: invalid string length", ["RangeError", "Invalid string length"]],
]);

let whenDescribed = () => {};

export function onDescribe(listener) {
  whenDescribed = listener;
}

export function describe(thrown) {
  try {
    return thrown instanceof Error ? describeError(thrown) : describeValue(plainText(thrown));
  } catch {
    // A getter or a proxy of the user's throws in turn.
    return describeValue("#<Object>");
  }
}

function describeError(error) {
  let name = error.name === undefined ? "Error" : String(error.name);
  let message = error.message === undefined ? "" : String(error.message);
  [name, message] = spellings.get(`${name}: ${message}`) ?? [name, message];
  if (name === "TypeError") {
    message = message.replace(/^cannot (read|set) property '(.*)' of (undefined|null)$/, (_all, verb, property, value) =>
      `Cannot ${verb} properties of ${value} (${verb === "read" ? "reading" : "setting"} '${property}')`);
  }
  const summary = message && name ? `${name}: ${message}` : name || message;
  const result = { name, message, text: "Uncaught " + summary, stack: stackOf(error), origin: originOf(message) };
  whenDescribed(error, result);
  // npm's wrapper of handlers has turned the data into JSON and says so by this property.
  if (error.ConvexErrorSymbol === Symbol.for("ConvexError")) result.data = error.data;
  if (error[isSyntax]) result.syntax = error[isSyntax];
  return result;
}

function describeValue(text) {
  return { name: "Error", message: text, text: "Uncaught " + text, stack: "", origin: "" };
}

// V8 leaves out the constructors of the error's own class.
function stackOf(error) {
  const lines = String(error.stack ?? "").split("\n");
  for (let type = error.constructor; typeof type === "function" && type !== Error; type = Object.getPrototypeOf(type)) {
    while (lines.length > 0 && type.name !== "" && lines[0].startsWith(`    at ${type.name} (`)) lines.shift();
  }
  return lines.join("\n");
}

function plainText(value) {
  if (typeof value === "symbol") return value.toString();
  if (typeof value === "function") return Function.prototype.toString.call(value);
  if (typeof value !== "object" || value === null) return String(value);
  if (value.toString === Object.prototype.toString) {
    const name = value.constructor?.name;
    if (typeof name === "string" && name !== "") return `#<${name}>`;
  }
  return Object.prototype.toString.call(value);
}
