// Writes `convex_test/engine/prelude/src/intl/collation.json`: collation elements of Latin, Greek, Cyrillic, punctuation and
// symbols, found by asking V8's collator which of two strings comes first.
//
// A character is an element of its own, or an expansion ("æ" is "ae" at the first level), or a base with a mark that is
// written otherwise ("ø"). What fits none of these, and what then compares differently in random strings, is left out.
import { compare, makeTable, weigh } from "../../convex_test/engine/prelude/src/intl/collation.js";
import { write } from "./provenance.mjs";

const highest = "\uffff";
const collators = ["base", "accent", "variant"].map((sensitivity) => new Intl.Collator("en-US", { sensitivity }).compare);
const [base, accent, variant] = collators;
const shifted = new Intl.Collator("en-US", { ignorePunctuation: true }).compare;

const ranges = [
  [0x09, 0x0d], [0x20, 0x7e], [0xa0, 0x2ff], [0x300, 0x36f], [0x370, 0x52f], [0x1c80, 0x1c8a], [0x1d00, 0x1fff], [0x2000, 0x206f],
  [0x2070, 0x20cf], [0x2100, 0x23ff], [0x2500, 0x27bf], [0x2900, 0x2bff], [0xfb00, 0xfb06], [0xfe00, 0xfe0f], [0xff01, 0xff5e], [0x1f000, 0x1faff],
];
const assigned = ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => String.fromCodePoint(first + i)))
  .filter((character) => /\P{Cn}/u.test(character));
const plain = assigned.filter((character) => character.normalize("NFD") === character);
const composed = assigned.map((character) => character.normalize("NFD"))
  .filter((text) => [...text].length === 2 && base(text, [...text][0]) !== 0);
const candidates = [...new Set([...plain, ...composed])];

const elements = {};
const ignorable = candidates.filter((text) => variant(`x${text}y`, "xy") === 0);
for (const text of ignorable) elements[text] = [];
const rest = candidates.filter((text) => !(text in elements));
const marks = rest.filter((text) => base(`x${text}y`, "xy") === 0 && [...text].length === 1);
marks.sort((one, other) => accent(`x${one}`, `x${other}`));
let secondary = 1;
for (const [i, text] of marks.entries()) {
  if (i === 0 || accent(`x${marks[i - 1]}`, `x${text}`) !== 0) secondary++;
  elements[text] = [0, secondary, 0];
}

// Groups of equals at the first level, in their order.
const letters = rest.filter((text) => !(text in elements)).sort((one, other) => base(one, other) || variant(one, other));
const groups = [];
for (const text of letters) {
  if (groups.length && base(groups.at(-1)[0], text) === 0) groups.at(-1).push(text);
  else groups.push([text]);
}
const singles = [];
const classes = [];
const expanding = [];
for (const group of groups) {
  const before = singles.at(-1);
  if (before !== undefined && base(group[0], before + highest) < 0) expanding.push(group);
  else singles.push(group[0]);
  if (!expanding.includes(group)) classes.push({ group, parts: [group[0]] });
}
for (const group of expanding) {
  const parts = expansion(group[0]);
  if (parts !== null) classes.push({ group, parts });
}

function expansion(text) {
  const parts = [];
  while (base(parts.join(""), text) !== 0) {
    const prefix = parts.join("");
    let [low, high] = [-1, singles.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (base(prefix + singles[middle], text) <= 0) low = middle;
      else high = middle;
    }
    if (low < 0 || parts.length > 18 || base(prefix + singles[low] + highest, text) < 0) return null;
    parts.push(singles[low]);
  }
  return parts;
}

const primary = new Map(singles.map((text, i) => [text, i + 1 + (base(text, "9") > 0 && base(text, "9" + highest) > 0 ? 1 : 0)]));
const numeric = primary.get("9") + 1;

function secondaries(text, parts) {
  const start = parts.join("");
  if (accent(text, start) === 0) return "";
  return marks.find((mark) => accent(text, start + mark) === 0) ?? null;
}

// A weight of the second level that no mark has, as between the "a" and the "e" of "æ": the number of the last mark below it.
function between(text, parts) {
  const [first, tail] = [parts[0], parts.slice(1).join("")];
  if (accent(first + tail, text) >= 0) return null;
  const below = marks.filter((mark) => accent(first + mark + tail, text) < 0);
  return below.length ? elements[below.at(-1)][1] : 1;
}

const described = classes.flatMap(({ group, parts }) => group.map((text) => ({ text, parts, mark: secondaries(text, parts) })))
  .map((found) => (found.mark === null ? { ...found, special: between(found.text, found.parts) } : found))
  .filter(({ mark, special }) => mark !== null || special !== null);
const specials = Map.groupBy(described.filter(({ mark }) => mark === null), ({ parts }) => parts.join("\0"));
for (const members of specials.values()) {
  members.sort((one, other) => accent(one.text, other.text));
  for (const [i, member] of members.entries()) {
    const same = i > 0 && accent(members[i - 1].text, member.text) === 0;
    member.weight = same ? members[i - 1].weight : member.special + (i + 1) / (members.length + 1);
  }
  for (const equals of Map.groupBy(members, ({ weight }) => weight).values()) {
    equals.sort((one, other) => variant(one.text, other.text));
    let rank = 0;
    for (const [i, member] of equals.entries()) {
      if (i > 0 && variant(equals[i - 1].text, member.text) !== 0) rank++;
      member.rank = rank;
    }
  }
}
const alone = described.filter(({ parts, mark }) => parts.length === 1 && mark === "");
const siblings = Map.groupBy(alone, ({ parts }) => parts[0]);
const tertiary = new Map();
for (const [, members] of siblings) {
  members.sort((one, other) => variant(one.text, other.text));
  let rank = 0;
  for (const [i, { text }] of members.entries()) {
    if (i > 0 && variant(members[i - 1].text, text) !== 0) rank++;
    tertiary.set(text, rank);
  }
}
for (const { text, parts, mark, weight, rank: place } of described) {
  if (mark === null) {
    elements[text] = parts.flatMap((part, i) => [primary.get(part), 1, place, ...(i === 0 ? [0, weight, place] : [])]);
    continue;
  }
  const tail = parts.slice(1).join("") + mark;
  const first = siblings.get(parts[0]);
  let rank = tertiary.get(text);
  if (rank === undefined || parts.length > 1 || mark !== "") {
    const equal = first.find((sibling) => variant(sibling.text + tail, text) === 0);
    const below = first.filter((sibling) => variant(sibling.text + tail, text) < 0);
    rank = equal ? tertiary.get(equal.text) : below.length ? tertiary.get(below.at(-1).text) + 0.5 : -0.5;
  }
  elements[text] = parts.flatMap((part, i) => [primary.get(part), 1, i === 0 ? rank : rank === 0 ? 0 : 0.5]);
  if (mark !== "") elements[text].push(0, elements[mark][1], 0);
}
const variable = Object.keys(elements).filter((text) => elements[text].length > 0 && elements[text][0] !== 0 && shifted(`x${text}y`, "xy") === 0);

// Random strings
let state = 7;
const random = (below) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
};
const pick = (list) => list[random(list.length)];
const orders = [];
for (const [depth, sensitivity] of [[1, "base"], [2, "accent"], [3, "variant"]]) {
  for (const numeric of [false, true]) {
    for (const ignorePunctuation of [false, true]) {
      const options = { sensitivity, numeric, ignorePunctuation };
      orders.push([depth, options, new Intl.Collator("en-US", options).compare]);
    }
  }
}
function disagreement(alphabet, table) {
  const some = Array.from({ length: 2 + random(5) }, () => (random(3) ? pick(alphabet) : pick(["a", "b", "A", "1", "12", " ", "-", "e\u0301"])));
  const word = () => Array.from({ length: 1 + random(4) }, () => pick(some)).join("");
  const [one, other] = [word(), word()];
  for (const [depth, options, order] of orders) {
    try {
      if (compare(weigh(table, one, options), weigh(table, other, options), depth) !== Math.sign(order(one, other))) return [one, other, options];
    } catch (error) {
      if (error.character === undefined) throw error;
    }
  }
  return null;
}
const suspicious = new Map();
const fullTable = makeTable({ elements, variable, numeric });
const alphabet = Object.keys(elements);
const safe = new Set("abA12 -e\u0301");
// Each character in company of the simplest, then all with all.
for (const text of alphabet) {
  for (let i = 0; i < 60; i++) if (!safe.has(text) && disagreement([text], fullTable)) suspicious.set(text, true);
}
for (const text of suspicious.keys()) delete elements[text];
for (let round = 0; round < 40; round++) {
  const table = makeTable({ elements, variable: variable.filter((text) => text in elements), numeric });
  const names = Object.keys(elements);
  const counts = new Map();
  let found = 0;
  for (let i = 0; i < 100000; i++) {
    const wrong = disagreement(names, table);
    if (wrong === null) continue;
    found++;
    for (const text of new Set([...(wrong[0] + wrong[1]).normalize("NFD")])) if (!safe.has(text)) counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  if (round % 5 === 0) console.error(`round ${round}: ${names.length} known, ${found} differences`);
  if (found === 0 && round > 3) break;
  for (const [text] of [...counts].sort((one, other) => other[1] - one[1]).slice(0, Math.max(1, counts.size >> 2))) delete elements[text];
}
const kept = Object.fromEntries(Object.entries(elements).sort(([one], [other]) => (one < other ? -1 : 1)));
console.error(`left out: ${candidates.filter((text) => !(text in kept)).join(" ").slice(0, 3000)}`);
write("convex_test/engine/prelude/src/intl/collation.json", { numeric, variable: variable.filter((text) => text in kept), elements: kept });
