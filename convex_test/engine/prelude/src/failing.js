// Errors that end the function whatever its code catches: sent to the host before they are thrown.
import { describe } from "./describe.js";
import { evaluated, execution, notInTransactions } from "./execution.js";
import { send } from "./mailbox.js";

// What a type of Convex's runtime has not, by its helper of `npm-packages/udf-runtime/src/helpers.ts`.
export function developerError(message) {
  const error = new Error(message);
  send("!", JSON.stringify({ ...describe(error), text: message }));
  throw error;
}

export function notImplemented(operation, className, remark) {
  developerError(
    `Not implemented: ${operation} for ${className}${remark === undefined ? "" : `: ${remark}`}. Consider calling an ` +
      "action defined in Node.js instead (https://docs.convex.dev/functions/actions).",
  );
}

// What Convex has and this library has not. A `catch` would turn it into an answer that production does not give.
export function notSupported(what) {
  const error = new Error(`not supported: ${what}`);
  send("!", JSON.stringify({ ...describe(error), text: error.message, unsupported: true }));
  throw error;
}

// Of `crates/isolate/src/environment/{udf/mod,analyze,schema,auth_config,component_definitions}.rs`.
export function notHere(what) {
  if (execution.kind === "import") return new Error(`${what} unsupported at import time`);
  if (evaluated()) return new Error(`${what} unsupported while evaluating ${evaluated()}`);
  return notInTransactions(what);
}

export function requireArguments(given, required, prefix) {
  if (given >= required) return;
  throw new TypeError(`${prefix}: ${required} argument${required === 1 ? "" : "s"} required, but only ${given} present.`);
}
