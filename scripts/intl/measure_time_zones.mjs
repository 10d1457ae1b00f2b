// Writes `convex_test/engine/prelude/src/intl/time_zones.json`: offsets and English names of every time zone since 1970.
//
// `kinds` are `[offset in seconds, short name, long name]`. A zone is a string: kinds, and between them the moments when
// they change, in half minutes since 1970 in base 36, each counted from the one before.
import { readFileSync } from "node:fs";
import { write } from "./provenance.mjs";

// The names that V8 knows and does not list are those of the time zone database: one per line, on standard input.
const listed = readFileSync(0, "utf8").split("\n").filter(Boolean);
const names = [...new Set([...Intl.supportedValuesOf("timeZone"), ...listed])].sort();
const first = 0;
const last = Date.UTC(2038, 0, 1);
const unit = 30_000;
const kinds = [];
const known = new Map();

function reader(timeZone) {
  const make = (timeZoneName) => new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName, era: "short" });
  const [offset, short, long] = [make("longOffset"), make("short"), make("long")];
  const name = (format, at) => format.formatToParts(at).find(({ type }) => type === "timeZoneName").value;
  return (at) => {
    const [, sign, hours, minutes, seconds] = /^GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(name(offset, at));
    const text = JSON.stringify([(sign === "-" ? -1 : 1) * ((hours ?? 0) * 3600 + (minutes ?? 0) * 60 + +(seconds ?? 0)), name(short, at), name(long, at)]);
    if (!known.has(text)) known.set(text, kinds.push(JSON.parse(text)) - 1);
    return known.get(text);
  };
}

function history(timeZone) {
  const read = reader(timeZone);
  let kind = read(first);
  let changed = first;
  let text = kind.toString(36);
  for (let at = first; at < last; at += 5 * 86_400_000) {
    const next = Math.min(at + 5 * 86_400_000, last);
    while (read(next) !== kind) {
      let [low, high] = [Math.max(at, changed), next];
      while (high - low > 1000) {
        const middle = Math.floor((low + high) / 2);
        if (read(middle) === kind) low = middle; else high = middle;
      }
      const moment = Math.round(high / unit) * unit;
      if (read(moment) === kind || read(moment - 1) !== kind) throw new Error(`${timeZone} changes at ${high}`);
      text += ` ${((moment - changed) / unit).toString(36)} ${read(moment).toString(36)}`;
      [kind, changed] = [read(moment), moment];
    }
  }
  return text;
}

const histories = {};
const canonical = {};
for (const name of names) {
  let resolved;
  try {
    resolved = new Intl.DateTimeFormat("en-US", { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    continue;
  }
  if (name === "UTC") continue;
  if (resolved === name) (histories[history(name)] ??= []).push(name);
  else (canonical[resolved] ??= []).push(name);
}
write("convex_test/engine/prelude/src/intl/time_zones.json", {
  last, kinds, zones: Object.fromEntries(Object.entries(histories).map(([text, names]) => [names.join(" "), text])), canonical,
});
