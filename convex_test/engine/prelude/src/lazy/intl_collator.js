// `Intl.Collator` in en-US, and `String.prototype.localeCompare`: Unicode's algorithm over measured elements. Text outside
// Latin, Greek, Cyrillic, punctuation and symbols is refused, as are the sensitivity "case" and `caseFirst`.
import { notSupported } from "../failing.js";
import { UnknownCharacter, compare, makeTable, weigh } from "../intl/collation.js";
import data from "../intl/collation.json";
import { constructorOf, option, resolveLocale } from "../intl/locales.js";

const table = makeTable(data);
const depths = { base: 1, accent: 2, variant: 3 };
const most = 5000;

class Comparison {
  constructor(caller, locales, given) {
    const extensions = { co: ["standard"], kn: ["", "true", "false"], kf: ["false"] };
    const { locale, extensions: found, refusal } = resolveLocale("Intl.Collator", locales, extensions);
    if (given === null) throw new TypeError("Cannot convert undefined or null to object");
    const options = given === undefined ? {} : Object(given);
    const usage = option(caller, options, "usage", ["sort", "search"], "sort");
    option(caller, options, "localeMatcher", ["lookup", "best fit"]);
    const numeric = options.numeric === undefined ? "kn" in found && found.kn !== "false" : Boolean(options.numeric);
    const caseFirst = option(caller, options, "caseFirst", ["upper", "lower", "false"], "false");
    const sensitivity = option(caller, options, "sensitivity", ["base", "accent", "case", "variant"], "variant");
    const ignorePunctuation = Boolean(options.ignorePunctuation ?? false);
    const collation = options.collation === undefined ? "default" : String(options.collation);
    this.resolved = { locale, usage, sensitivity, ignorePunctuation, collation: "default", numeric, caseFirst };
    const others = [["usage", usage, "sort"], ["caseFirst", caseFirst, "false"], ["collation", collation, "default"]];
    if (sensitivity === "case") others.push(["sensitivity", sensitivity, ""]);
    const other = others.find(([, value, known]) => value !== known);
    this.refusal = refusal ?? (other ? `Intl.Collator with the ${other[0]} ${JSON.stringify(other[1])}` : null);
    this.known = new Map();
  }

  // What was weighed before, because sorting compares each text with many.
  weights(text) {
    let found = this.known.get(text);
    if (found === undefined) {
      if (this.known.size >= most) this.known.clear();
      found = weigh(table, text, this.resolved);
      this.known.set(text, found);
    }
    return found;
  }

  compare(one, other) {
    if (this.refusal !== null) notSupported(this.refusal);
    if (one === other) return 0;
    try {
      return compare(this.weights(one), this.weights(other), depths[this.resolved.sensitivity]);
    } catch (error) {
      if (!(error instanceof UnknownCharacter)) throw error;
      notSupported(`the place of ${JSON.stringify(error.character)} in the order of Intl.Collator and localeCompare`);
    }
  }
}

class TextCollator {
  #comparison;
  #bound;

  constructor(locales, options) {
    this.#comparison = new Comparison("Intl.Collator", locales, options);
  }

  get compare() {
    const comparison = this.#comparison;
    this.#bound ??= (one, other) => comparison.compare(String(one), String(other));
    return this.#bound;
  }

  resolvedOptions() {
    if (this.#comparison.refusal !== null) notSupported(this.#comparison.refusal);
    return { ...this.#comparison.resolved };
  }
}
Object.defineProperty(TextCollator, "name", { value: "Collator" });

export const Collator = constructorOf(TextCollator, { callable: true });

const plain = new Comparison("Intl.Collator");
let last = { locales: undefined, options: undefined, comparison: plain };

export function localeCompare(one, other, locales, options) {
  if (options === undefined && (locales === undefined || locales === "en-US" || locales === "en")) return plain.compare(one, other);
  // A sort gives the same arguments each time. An object may have changed since.
  if (typeof locales !== "string" && locales !== undefined) return new Comparison("String.prototype.localeCompare", locales, options).compare(one, other);
  const key = `${locales}/${JSON.stringify(options)}`;
  if (last.key !== key) last = { key, comparison: new Comparison("String.prototype.localeCompare", locales, options) };
  return last.comparison.compare(one, other);
}
