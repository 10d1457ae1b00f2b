import clone from "@ungap/structured-clone";

export function structuredClone(value, options) {
  if (arguments.length === 0) throw new TypeError("structuredClone requires at least 1 argument, but only 0 present");
  if (options?.transfer?.length) throw new Error("structuredClone with transfer not supported");
  try {
    return clone(value);
  } catch (error) {
    throw new DOMException(error.message, "DataCloneError");
  }
}
