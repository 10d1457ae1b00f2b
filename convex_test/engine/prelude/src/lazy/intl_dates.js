// `Intl.DateTimeFormat` of ECMA-402 in en-US, and the methods of `Date` that lead to it. FormatJS has one, which gives for
// half of all sets of options another text than V8, such as "Feb Tuesday" for a weekday and a month.
// Not here: other locales and calendars, ranges, and names such as "Pacific Time".
import { currentTime } from "../execution.js";
import { notSupported } from "../failing.js";
import { constructorOf, option, resolveLocale } from "../intl/locales.js";
import { fieldsOf, patternOf, styledPattern, write } from "../intl/patterns.js";
import { zoneName, zoneOf } from "../intl/zones.js";

const what = "Intl.DateTimeFormat";
const widths = ["narrow", "short", "long"];
const numbers = ["2-digit", "numeric"];
const cycles = ["h11", "h12", "h23", "h24"];
const styles = ["full", "long", "medium", "short"];
const fields = {
  weekday: widths, era: widths, year: numbers, month: [...numbers, ...widths], day: numbers, dayPeriod: widths, hour: numbers,
  minute: numbers, second: numbers, fractionalSecondDigits: null,
  timeZoneName: ["short", "long", "shortOffset", "longOffset", "shortGeneric", "longGeneric"],
};
const ofDate = ["weekday", "year", "month", "day"];
const ofTime = ["dayPeriod", "hour", "minute", "second", "fractionalSecondDigits"];
const longest = 8.64e15;

function digits(value) {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (!(number >= 1 && number <= 3)) throw new RangeError("fractionalSecondDigits value is out of range.");
  return Math.floor(number);
}

function readKeyword(options, name, only) {
  const value = options[name];
  if (value === undefined) return null;
  const text = String(value);
  if (!/^[a-z\d]{3,8}(-[a-z\d]{3,8})*$/i.test(text)) throw new RangeError(`Invalid ${name} : ${text}`);
  return text === only ? null : `${what} with the ${name} ${JSON.stringify(text)}; only "${only}" is`;
}

function readFields(options, required, defaults, caller) {
  const found = {};
  for (const [name, values] of Object.entries(fields)) {
    const value = values === null ? digits(options[name]) : option(caller, options, name, values);
    if (value !== undefined) found[name] = value;
  }
  const dateStyle = option(caller, options, "dateStyle", styles);
  const timeStyle = option(caller, options, "timeStyle", styles);
  if (dateStyle !== undefined || timeStyle !== undefined) {
    if (Object.keys(found).length > 0) throw new TypeError("Invalid option : option");
    if (required === "date" && timeStyle !== undefined) throw new TypeError("Invalid option : timeStyle");
    if (required === "time" && dateStyle !== undefined) throw new TypeError("Invalid option : dateStyle");
    return { found, dateStyle, timeStyle };
  }
  const wanted = required === "date" ? ofDate : required === "time" ? ofTime : [...ofDate, ...ofTime];
  if (!wanted.some((name) => name in found)) {
    if (defaults !== "time") for (const name of ["year", "month", "day"]) found[name] = "numeric";
    if (defaults !== "date") for (const name of ["hour", "minute", "second"]) found[name] = "numeric";
  }
  return { found };
}

class Format {
  #state;
  #bound = null;

  constructor(locales, given, required = "any", defaults = "date", caller = what) {
    const { locale, extensions, refusal } = resolveLocale(what, locales, { ca: ["gregory"], nu: ["latn"], hc: cycles });
    if (given === null) throw new TypeError(`${caller} called on null or undefined`);
    const options = given === undefined ? {} : Object(given);
    option(caller, options, "localeMatcher", ["lookup", "best fit"]);
    const problem = refusal ?? readKeyword(options, "calendar", "gregory") ?? readKeyword(options, "numberingSystem", "latn");
    const hour12 = options.hour12 === undefined ? undefined : Boolean(options.hour12);
    const chosen = option(caller, options, "hourCycle", cycles);
    const zone = zoneOf(options.timeZone);
    option(caller, options, "formatMatcher", ["basic", "best fit"]);
    const { found, dateStyle, timeStyle } = readFields(options, required, defaults, caller);
    const extension = hour12 === undefined && chosen === undefined ? extensions.hc : undefined;
    const hourCycle = hour12 === undefined ? (chosen ?? extension ?? "h12") : hour12 ? "h12" : "h23";
    const styled = dateStyle !== undefined || timeStyle !== undefined;
    const pattern = styled ? styledPattern(dateStyle, timeStyle, hourCycle) : patternOf(found, hourCycle);
    const zoneStyle = styled ? (timeStyle === "full" ? "long" : "short") : found.timeZoneName;
    this.#state = {
      locale: locale + (extension === undefined ? "" : `-u-hc-${extension}`), problem, zone, found, dateStyle, timeStyle, hourCycle, pattern, zoneStyle,
    };
  }

  #parts(value) {
    const { problem, zone, pattern, hourCycle, found, zoneStyle } = this.#state;
    if (problem !== null) notSupported(problem);
    if (typeof value === "object" && value !== null && /^Temporal\./.test(value[Symbol.toStringTag])) {
      notSupported(`${what} of a ${value[Symbol.toStringTag]}; its own toLocaleString is`);
    }
    const time = value === undefined ? currentTime() : Math.trunc(Number(value));
    if (!(Math.abs(time) <= longest)) throw new RangeError("Invalid time value");
    const local = new Date(time + zone.kindAt(time)[0] * 1000);
    const name = pattern.includes("z") ? zoneName(zone, time, zoneStyle) : "";
    return write(local, { pattern, hourCycle, dayPeriodWidth: found.dayPeriod, zoneName: name });
  }

  get format() {
    // V8 writes a plain space where CLDR has a narrow one.
    this.#bound ??= (date) => this.#parts(date).map(({ value }) => value).join("").replaceAll("\u202f", " ");
    return this.#bound;
  }

  formatToParts(date) {
    return this.#parts(date);
  }

  formatRange(start, end) {
    return this.#range(start, end).map(({ value }) => value).join("").replaceAll("\u202f", " ");
  }

  formatRangeToParts(start, end) {
    return this.#range(start, end).map((part) => ({ ...part, source: "shared" }));
  }

  #range(start, end) {
    if (start === undefined || end === undefined) throw new TypeError("startDate or endDate cannot be undefined");
    const [one, other] = [this.#parts(start), this.#parts(end)];
    if (JSON.stringify(one) !== JSON.stringify(other)) notSupported(`${what}.formatRange of two different texts`);
    return one;
  }

  resolvedOptions() {
    const { locale, problem, zone, dateStyle, timeStyle, hourCycle, pattern, found } = this.#state;
    if (problem !== null) notSupported(problem);
    // V8 then takes letters of the literal for fields.
    if (/[(├]/.test(pattern)) notSupported(`${what}.resolvedOptions of fields that English does not combine`);
    if (zone.alias) notSupported(`the canonical name of the time zone ${zone.alias}`);
    const shown = { locale, calendar: "gregory", numberingSystem: "latn", timeZone: zone.id };
    if (pattern.includes("h")) Object.assign(shown, { hourCycle, hour12: hourCycle === "h11" || hourCycle === "h12" });
    if (dateStyle === undefined && timeStyle === undefined) {
      const { fractionalSecondDigits, timeZoneName, dayPeriod } = found;
      const told = { ...fieldsOf(pattern), dayPeriod: pattern.includes("B") ? dayPeriod : undefined, fractionalSecondDigits };
      if (pattern.includes("z")) told.timeZoneName = timeZoneName;
      for (const name of Object.keys(fields)) if (told[name] !== undefined) shown[name] = told[name];
    }
    if (dateStyle !== undefined) shown.dateStyle = dateStyle;
    if (timeStyle !== undefined) shown.timeStyle = timeStyle;
    return shown;
  }
}
Object.defineProperty(Format, "name", { value: "DateTimeFormat" });

export const DateTimeFormat = constructorOf(Format, { callable: true });

export function toLocale(time, locales, options, required, defaults, caller) {
  return new Format(locales, options, required, defaults, caller).format(time);
}
