// Dates in en-US: the pattern for a set of options, and a moment written in it. Patterns, names and the order of fields
// were measured (`scripts/intl/measure_dates.mjs`); they are what ICU's generator of patterns makes of CLDR.
import data from "./dates.json";

const widths = ["", "narrow", "short", "long"];
const numbers = ["", "2-digit", "numeric"];
const months = ["", "2-digit", "numeric", "narrow", "short", "long"];
const dateFields = [["weekday", widths], ["era", widths], ["year", numbers], ["month", months], ["day", numbers]];
const timeFields = [
  ["dayPeriod", widths], ["hour", numbers], ["minute", numbers], ["second", numbers],
  ["fractionalSecondDigits", [undefined, 1, 2, 3]],
];

function indexOf(fields, options) {
  return fields.reduce((index, [name, values]) => index * values.length + Math.max(0, values.indexOf(options[name] ?? values[0])), 0);
}

export function patternOf(options, hourCycle) {
  const date = data.dates[indexOf(dateFields, options)];
  const zone = options.timeZoneName === undefined ? 0 : 1;
  const at = indexOf(timeFields, options) * 2 + zone;
  const time = data.zoned[options.timeZoneName]?.[`${hourCycle}/${at}`] ?? data.timePatterns[data.times[hourCycle][at]];
  if (date === "" || time === "") return date + time;
  const { weekday, era, year, month, day, hour, minute, fractionalSecondDigits } = options;
  // "Sat 4:05 AM", the only pattern of CLDR's with a date and a time.
  const together = weekday && !era && !year && !month && !day && hour && minute && !fractionalSecondDigits && !zone;
  const glue = together ? "' '" : month === "long" ? "' at '" : "', '";
  return `${date}${glue}${time}`.replaceAll("''", "");
}

export function styledPattern(dateStyle = "", timeStyle = "", hourCycle) {
  return data.styled[`${timeStyle ? hourCycle : ""}/${dateStyle}/${timeStyle}`];
}

const token = /'([^']*)'|([A-Za-z])\2*/g;

export function* tokens(pattern) {
  for (const [code, literal] of pattern.matchAll(token)) yield literal === undefined ? { code } : { literal };
}

const two = (number) => String(number).padStart(2, "0");
const cycles = { h11: (hour) => hour % 12, h12: (hour) => hour % 12 || 12, h23: (hour) => hour, h24: (hour) => hour || 24 };
const named = { E: ["weekday", "short"], EEEE: ["weekday", "long"], EEEEE: ["weekday", "narrow"] };
const widthOf = { 1: "short", 3: "short", 4: "long", 5: "narrow" };

function dayPeriod(moment, width, pattern) {
  const onTime = (!pattern.includes("m") || moment.getUTCMinutes() === 0) && (!pattern.includes("s") || moment.getUTCSeconds() === 0);
  return data.dayPeriods[width][onTime ? "full" : "past"][moment.getUTCHours()];
}

const writers = {
  E: (moment, code) => ["weekday", data.words[named[code][1]].weekday[moment.getUTCDay()]],
  G: (moment, code) => ["era", data.words[widthOf[code.length]].era[moment.getUTCFullYear() > 0 ? 1 : 0]],
  y: (moment, code) => {
    const year = moment.getUTCFullYear();
    const counted = year > 0 ? year : 1 - year;
    return ["year", code === "yy" ? two(counted % 100) : String(counted)];
  },
  M: (moment, code) => {
    const month = moment.getUTCMonth();
    if (code.length < 3) return ["month", code === "MM" ? two(month + 1) : String(month + 1)];
    return ["month", data.words[widthOf[code.length]].month[month]];
  },
  d: (moment, code) => ["day", code === "dd" ? two(moment.getUTCDate()) : String(moment.getUTCDate())],
  h: (moment, code, { hourCycle }) => {
    const hour = cycles[hourCycle](moment.getUTCHours());
    return ["hour", code === "hh" ? two(hour) : String(hour)];
  },
  m: (moment, code) => ["minute", code === "mm" ? two(moment.getUTCMinutes()) : String(moment.getUTCMinutes())],
  s: (moment, code) => ["second", code === "ss" ? two(moment.getUTCSeconds()) : String(moment.getUTCSeconds())],
  S: (moment, code) => ["fractionalSecond", String(moment.getUTCMilliseconds()).padStart(3, "0").slice(0, code.length)],
  a: (moment) => ["dayPeriod", moment.getUTCHours() < 12 ? "AM" : "PM"],
  B: (moment, _code, { dayPeriodWidth, pattern }) => ["dayPeriod", dayPeriod(moment, dayPeriodWidth, pattern)],
  z: (_moment, _code, { zoneName }) => ["timeZoneName", zoneName],
};

// `moment` is a Date whose UTC is the local time; `how` has `pattern`, `hourCycle`, `dayPeriodWidth`, `zoneName`.
export function write(moment, how) {
  return [...tokens(how.pattern)].map(({ code, literal }) => {
    if (literal !== undefined) return { type: "literal", value: literal };
    const [type, value] = writers[code[0]](moment, code, how);
    return { type, value };
  });
}

const resolved = {
  E: ["weekday", { E: "short", EEEE: "long", EEEEE: "narrow" }],
  G: ["era", { G: "short", GGGG: "long", GGGGG: "narrow" }],
  y: ["year", { y: "numeric", yy: "2-digit" }],
  M: ["month", { M: "numeric", MM: "2-digit", MMM: "short", MMMM: "long", MMMMM: "narrow" }],
  d: ["day", { d: "numeric", dd: "2-digit" }],
  h: ["hour", { h: "numeric", hh: "2-digit" }],
  m: ["minute", { m: "numeric", mm: "2-digit" }],
  s: ["second", { s: "numeric", ss: "2-digit" }],
};

// The options that a pattern stands for, as `resolvedOptions` tells them.
export function fieldsOf(pattern) {
  const found = {};
  for (const { code } of tokens(pattern)) {
    const known = code && resolved[code[0]];
    if (known) found[known[0]] = known[1][code];
  }
  return found;
}

export const utcNames = { short: data.words.short.utc, long: data.words.long.utc };
