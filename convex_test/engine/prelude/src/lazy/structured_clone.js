import clone from "@ungap/structured-clone";
import { developerError } from "../failing.js";

export function structuredClone(value, options) {
  if (options !== undefined) developerError("structuredClone with transfer not supported");
  try {
    return clone(value);
  } catch (error) {
    throw new DOMException(error.message, "DataCloneError");
  }
}
