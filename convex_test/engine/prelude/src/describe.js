// What was thrown, in V8's words: "Uncaught TypeError: …", and for values that are no errors as
// `Object::NoSideEffectsToString` prints them.
import { originOf } from "./mailbox.js";

export function describe(thrown) {
  if (thrown instanceof Error) {
    // V8's words for what QuickJS calls an internal error.
    if (thrown.name === "InternalError" && thrown.message === "string too long") {
      return { ...describe(new RangeError("Invalid string length")), stack: thrown.stack };
    }
    const name = thrown.name === undefined ? "Error" : String(thrown.name);
    const message = thrown.message === undefined ? "" : String(thrown.message);
    const summary = message && name ? `${name}: ${message}` : name || message;
    const result = { name, message, text: "Uncaught " + summary, stack: String(thrown.stack ?? ""), origin: originOf(message) };
    if (thrown[Symbol.for("ConvexError")] === true) result.data = thrown.data;
    return result;
  }
  const text = plainText(thrown);
  return { name: "Error", message: text, text: "Uncaught " + text, stack: "", origin: "" };
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
