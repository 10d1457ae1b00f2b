// Time zones: offsets and names since 1970, measured (`scripts/intl/measure_time_zones.mjs`). UTC and fixed offsets need
// no table, and cost no loading of one.
import { notSupported } from "../failing.js";
import { load } from "../lazy.js";
import { utcNames } from "./patterns.js";

const first = 0;
const unit = 30_000;
const fixed = /^([+-])([01]\d|2[0-3])(?::?([0-5]\d))?$/;

const utc = { id: "UTC", kindAt: () => [0, utcNames.short, utcNames.long] };

function shownOffset(seconds, width) {
  if (seconds === 0) return "GMT";
  const sign = seconds < 0 ? "-" : "+";
  const [hours, minutes, rest] = [Math.floor(Math.abs(seconds) / 3600), Math.floor((Math.abs(seconds) % 3600) / 60), Math.abs(seconds) % 60];
  const two = (number) => String(number).padStart(2, "0");
  if (width === "long") return `GMT${sign}${two(hours)}:${two(minutes)}${rest ? `:${two(rest)}` : ""}`;
  return `GMT${sign}${hours}${minutes || rest ? `:${two(minutes)}` : ""}${rest ? `:${two(rest)}` : ""}`;
}

function fixedZone([, sign, hours, minutes = "00"]) {
  const seconds = (sign === "-" ? -1 : 1) * (hours * 3600 + minutes * 60);
  const kind = [seconds, shownOffset(seconds, "short"), shownOffset(seconds, "long")];
  return { id: `${sign}${hours}:${minutes}`, kindAt: () => kind };
}

let table = null;

function lookUp(name) {
  if (table === null) {
    const { zones, canonical } = load("intl_time_zones").readTimeZones();
    table = new Map();
    for (const [names, history] of Object.entries(zones)) for (const id of names.split(" ")) table.set(id.toLowerCase(), { id, history });
    for (const [target, names] of Object.entries(canonical)) {
      for (const id of names) {
        table.set(id.toLowerCase(), target === "UTC" ? { id: "UTC" } : { ...table.get(target.toLowerCase()), alias: id });
      }
    }
  }
  return table.get(name.toLowerCase());
}

function unpack({ id, alias, history }) {
  const { kinds, last } = load("intl_time_zones").readTimeZones();
  const words = history.split(" ");
  const changes = [first];
  const found = [kinds[parseInt(words[0], 36)]];
  for (let i = 1; i < words.length; i += 2) {
    changes.push(changes.at(-1) + parseInt(words[i], 36) * unit);
    found.push(kinds[parseInt(words[i + 1], 36)]);
  }
  const kindAt = (time) => {
    if (found.length === 1 && id.startsWith("Etc/")) return found[0];
    if (time < first || time >= last) notSupported(`the time zone ${alias ?? id} before 1970 and after 2037`);
    let [low, high] = [0, changes.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (changes[middle] <= time) low = middle;
      else high = middle;
    }
    return found[low];
  };
  return { id, alias, kindAt };
}

const unpacked = new Map();

// A zone is `{id, kindAt(time)}`; a kind is `[offset in seconds, short name, long name]`.
export function zoneOf(name) {
  if (name === undefined || /^utc$/i.test(name)) return utc;
  const text = String(name);
  const offset = fixed.exec(text);
  if (offset !== null) return fixedZone(offset);
  const entry = lookUp(text);
  if (entry === undefined) throw new RangeError(`Invalid time zone specified: ${text}`);
  if (entry.id === "UTC") return utc;
  const key = entry.alias ?? entry.id;
  if (!unpacked.has(key)) unpacked.set(key, unpack(entry));
  return unpacked.get(key);
}

export function zoneName(zone, time, style) {
  const [seconds, short, long] = zone.kindAt(time);
  switch (style) {
    case "short":
      return short;
    case "long":
      return long;
    case "shortOffset":
      return shownOffset(seconds, "short");
    case "longOffset":
      return shownOffset(seconds, "long");
    default:
      if (zone !== utc) notSupported(`the time zone name "${style}" of ${zone.id}`);
      return "GMT";
  }
}
