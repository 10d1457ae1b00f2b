// Writes `convex_test/engine/prelude/src/intl/dates.json`: how V8 formats dates and times in en-US, found by asking it.
//
// A pattern is the list of what `formatToParts` gives for one moment, whose every field is spelt differently in each of
// its widths. ICU puts a pattern for dates and one for times together with a glue; the script checks that this is so.
import { write } from "./provenance.mjs";

const widths = ["", "narrow", "short", "long"];
const numbers = ["", "2-digit", "numeric"];
const months = ["", "2-digit", "numeric", "narrow", "short", "long"];
const moment = Date.UTC(2001, 1, 3, 4, 5, 6, 7);
const codes = {
  weekday: { S: "EEEEE", Sat: "E", Saturday: "EEEE" },
  era: { A: "GGGGG", AD: "G", "Anno Domini": "GGGG" },
  year: { 2001: "y", "01": "yy" },
  month: { 2: "M", "02": "MM", Feb: "MMM", February: "MMMM", F: "MMMMM" },
  day: { 3: "d", "03": "dd" },
  hour: { 4: "h", "04": "hh" },
  minute: { 5: "m", "05": "mm" },
  second: { 6: "s", "06": "ss" },
  fractionalSecond: { 0: "S", "00": "SS", "007": "SSS" },
  dayPeriod: { AM: "a", "in the morning": "B" },
};

function pattern(options) {
  const parts = new Intl.DateTimeFormat("en-US", { timeZone: "UTC", ...options }).formatToParts(moment);
  return parts.map(({ type, value }) => {
    if (type === "literal") return `'${value}'`;
    if (type === "timeZoneName") return "z";
    const code = codes[type]?.[value];
    if (code === undefined) throw new Error(`no code for ${type} ${value} of ${JSON.stringify(options)}`);
    return code;
  }).join("").replaceAll("''", "");
}

function* combinations(lists) {
  if (lists.length === 0) return yield {};
  const [[name, values], ...rest] = lists;
  for (const value of values) for (const others of combinations(rest)) yield value ? { [name]: value, ...others } : others;
}

const dateFields = [["weekday", widths], ["era", widths], ["year", numbers], ["month", months], ["day", numbers]];
const timeFields = [
  ["dayPeriod", widths], ["hour", numbers], ["minute", numbers], ["second", numbers], ["fractionalSecondDigits", [0, 1, 2, 3]],
  ["timeZoneName", ["", "short"]],
];
const dates = [...combinations(dateFields)].map((options) => {
  // An era alone brings a date with it.
  if (Object.keys(options).join() === "era") return pattern({ ...options, minute: "numeric" }).replace("', 'm", "");
  return Object.keys(options).length ? pattern(options) : "";
});
const times = {};
for (const hourCycle of ["h11", "h12", "h23", "h24"]) {
  times[hourCycle] = [...combinations(timeFields)].map((options) =>
    // A time zone alone brings a date with it.
    Object.keys(options).join() === "timeZoneName" ? "z" : Object.keys(options).length ? pattern({ ...options, hourCycle }) : "",
  );
}
// Names of time zones other than the short one are written in the same place, but for combinations that English has not.
const zoned = {};
for (const hourCycle of ["h11", "h12", "h23", "h24"]) {
  for (const [at, options] of [...combinations(timeFields)].entries()) {
    if (!options.timeZoneName || Object.keys(options).length === 1) continue;
    for (const timeZoneName of ["long", "shortOffset", "longOffset", "shortGeneric", "longGeneric"]) {
      const found = pattern({ ...options, timeZoneName, hourCycle });
      if (found !== times[hourCycle][at]) (zoned[timeZoneName] ??= {})[`${hourCycle}/${at}`] = found;
    }
  }
}

// "Sat 4:05 AM": the only pattern of CLDR's that has a date and a time. Everything else is a date, a glue and a time.
const close = (options, date, time) => {
  const glue = options.month === "long" ? "' at '" : "', '";
  return `${date}${glue}${time}`.replaceAll("''", "");
};
const weekdayAlone = {};
for (const [at, date] of [...combinations(dateFields)].entries()) {
  for (const [timeAt, time] of [...combinations(timeFields)].entries()) {
    if (!dates[at] || !times.h12[timeAt] || (at * 7 + timeAt) % 11 > 1 && Object.keys(date).length > 1) continue;
    if (Object.keys({ ...date, ...time }).join() === "era,timeZoneName") continue;
    for (const hourCycle of ["h12", "h23"]) {
      const found = pattern({ ...date, ...time, hourCycle });
      if (found === close(date, dates[at], times[hourCycle][timeAt])) continue;
      if (Object.keys(date).join() !== "weekday" || found !== `${dates[at]}' '${times[hourCycle][timeAt]}`) {
        throw new Error(`${JSON.stringify({ ...date, ...time })} is ${found}`);
      }
      (weekdayAlone[hourCycle] ??= new Set()).add(timeAt);
    }
  }
}
for (const list of Object.values(weekdayAlone)) {
  const all = [...combinations(timeFields)];
  for (const [at, time] of all.entries()) {
    const expected = Boolean(time.hour && time.minute && !time.fractionalSecondDigits && !time.timeZoneName);
    if (expected !== list.has(at)) console.error("weekday alone:", JSON.stringify(time), list.has(at));
  }
}

const styles = ["", "full", "long", "medium", "short"];
const styled = {};
for (const hourCycle of ["h11", "h12", "h23", "h24"]) {
  for (const dateStyle of styles) {
    for (const timeStyle of styles) {
      if (!dateStyle && !timeStyle) continue;
      const options = { hourCycle, ...(dateStyle && { dateStyle }), ...(timeStyle && { timeStyle }) };
      const key = `${timeStyle ? hourCycle : ""}/${dateStyle}/${timeStyle}`;
      const found = pattern(options);
      if ((styled[key] ??= found) !== found) throw new Error(key);
    }
  }
}

const at = (hour, minute, dayPeriod) =>
  new Intl.DateTimeFormat("en-US", { timeZone: "UTC", hour: "numeric", minute: "numeric", hourCycle: "h12", dayPeriod })
    .formatToParts(Date.UTC(2001, 1, 3, hour, minute)).find(({ type }) => type === "dayPeriod").value;
const dayPeriods = {};
for (const width of ["narrow", "short", "long"]) {
  // Noon is a moment.
  const full = [...Array(24).keys()].map((hour) => at(hour, 0, width));
  const past = [...Array(24).keys()].map((hour) => at(hour, 30, width));
  dayPeriods[width] = { full, past };
}
const names = (options, count, moment) =>
  [...Array(count).keys()].map((i) => new Intl.DateTimeFormat("en-US", { timeZone: "UTC", ...options }).format(moment(i)));
const words = {};
for (const width of ["narrow", "short", "long"]) {
  words[width] = {
    month: names({ month: width }, 12, (i) => Date.UTC(2001, i, 3)),
    weekday: names({ weekday: width }, 7, (i) => Date.UTC(2001, 3, 1 + i)),
    era: [-1, 1].map((sign) =>
      new Intl.DateTimeFormat("en-US", { timeZone: "UTC", era: width }).formatToParts(sign * 8e13)
        .find(({ type }) => type === "era").value),
    utc: new Intl.DateTimeFormat("en-US", { timeZone: "UTC", timeZoneName: width === "narrow" ? "short" : width })
      .formatToParts(0).find(({ type }) => type === "timeZoneName").value,
  };
}

// One string for many equal patterns.
const distinct = [...new Set(Object.values(times).flat())];
const indexed = Object.fromEntries(Object.entries(times).map(([cycle, list]) => [cycle, list.map((text) => distinct.indexOf(text))]));
write("convex_test/engine/prelude/src/intl/dates.json", { dates, timePatterns: distinct, times: indexed, zoned, styled, dayPeriods, words });
