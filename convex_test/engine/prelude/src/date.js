// `Date` in UTC and on the execution's clock. QuickJS uses the machine's time zone; Convex pins UTC.
import { currentTime } from "./execution.js";

const NativeDate = Date;
const prototype = NativeDate.prototype;
const isoDateOnly = /^\s*[+-]?\d{4,6}(-\d\d(-\d\d)?)?\s*$/;
const hasZone = /(Z|GMT|UTC?|[ECMP][SD]T|[+-]\d\d:?\d\d)\s*(\([^)]*\))?\s*$/i;

// What QuickJS took for local time is moved to UTC.
function parse(text) {
  const time = NativeDate.parse(text);
  if (Number.isNaN(time) || isoDateOnly.test(text) || hasZone.test(text)) return time;
  const offset = nativeOffset.call(new NativeDate(time));
  return time - offset * 60000;
}

const nativeOffset = prototype.getTimezoneOffset;
const nativeToUTCString = prototype.toUTCString;
const nativeValueOf = prototype.valueOf;

function timeOf(args) {
  if (args.length === 0) return currentTime();
  if (args.length > 1) return NativeDate.UTC(...args);
  const [value] = args;
  if (value instanceof NativeDate) return nativeValueOf.call(value);
  const primitive = typeof value === "object" && value !== null ? toPrimitive(value) : value;
  return typeof primitive === "string" ? parse(primitive) : Number(primitive);
}

function toPrimitive(value) {
  const convert = value[Symbol.toPrimitive];
  if (convert != null) return convert.call(value, "default");
  const result = value.valueOf();
  return typeof result === "object" ? String(value) : result;
}

function ConvexDate(...args) {
  if (new.target === undefined) return new NativeDate(currentTime()).toString();
  const target = new.target === ConvexDate ? NativeDate : new.target;
  return Reflect.construct(NativeDate, [timeOf(args)], target);
}
Object.defineProperty(ConvexDate, "name", { value: "Date", configurable: true });
Object.defineProperty(ConvexDate, "length", { value: 7, configurable: true });

const hidden = { writable: true, enumerable: false, configurable: true };
Object.defineProperty(ConvexDate, "prototype", { value: prototype, writable: false, enumerable: false, configurable: false });
Object.defineProperties(ConvexDate, {
  now: { ...hidden, value: function now() { return currentTime(); } },
  parse: { ...hidden, value: function (text) { return parse(String(text)); } },
  UTC: { ...hidden, value: NativeDate.UTC },
});
Object.defineProperty(prototype, "constructor", { ...hidden, value: ConvexDate });

const define = (name, value) => Object.defineProperty(prototype, name, { ...hidden, value });
for (const field of ["FullYear", "Month", "Date", "Day", "Hours", "Minutes", "Seconds", "Milliseconds"]) {
  define("get" + field, prototype["getUTC" + field]);
  if (field !== "Day") define("set" + field, prototype["setUTC" + field]);
}
define("getTimezoneOffset", function getTimezoneOffset() {
  return Number.isNaN(nativeValueOf.call(this)) ? NaN : 0;
});
define("getYear", function getYear() { return this.getUTCFullYear() - 1900; });

// "Thu, 01 Jan 1970 00:00:00 GMT" → V8's spelling of the same.
function parts(date) {
  const text = nativeToUTCString.call(date);
  if (text === "Invalid Date") return null;
  const [, weekday, day, month, year, time] = /^(\w+), (\d+) (\w+) (-?\d+) ([\d:]+)/.exec(text);
  return { date: `${weekday} ${month} ${day} ${year}`, time: `${time} GMT+0000 (Coordinated Universal Time)` };
}
define("toDateString", function toDateString() { return parts(this)?.date ?? "Invalid Date"; });
define("toTimeString", function toTimeString() { return parts(this)?.time ?? "Invalid Date"; });
define("toString", function toString() {
  const found = parts(this);
  return found ? `${found.date} ${found.time}` : "Invalid Date";
});

define("toTemporalInstant", function toTemporalInstant() {
  return Temporal.Instant.fromEpochMilliseconds(nativeValueOf.call(this));
});

Object.defineProperty(globalThis, "Date", { ...hidden, value: ConvexDate });
