// `Intl.Locale` and `Intl.getCanonicalLocales`, by FormatJS; `Intl.supportedValuesOf`, measured
// (`scripts/intl/measure_values.mjs`).
import { getCanonicalLocales as canonical } from "@formatjs/intl-getcanonicallocales";
import { Locale as Parsed } from "@formatjs/intl-locale";
import measured from "../intl/supported_values.json";

const incorrect = "Incorrect locale information provided";

export function getCanonicalLocales(locales) {
  try {
    return canonical(locales);
  } catch (error) {
    throw error instanceof RangeError ? new RangeError(incorrect) : error;
  }
}

// FormatJS keeps the spelling that it is given.
export class Locale extends Parsed {
  constructor(tag, options) {
    if (typeof tag !== "string" && (typeof tag !== "object" || tag === null)) {
      throw new TypeError("First argument to Intl.Locale constructor can't be empty or missing");
    }
    super(getCanonicalLocales(String(tag))[0], options);
  }
}

export function supportedValuesOf(key) {
  const text = String(key);
  if (!Object.hasOwn(measured.values, text)) throw new RangeError(`Invalid key : ${text}`);
  return [...measured.values[text]];
}
