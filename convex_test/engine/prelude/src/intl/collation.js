// The Unicode collation algorithm over a table of collation elements. Nothing is taken from elsewhere: the measuring script
// (`scripts/intl/measure_collation.mjs`) uses it too, to find out which characters the table is right about.
//
// `table` is a Map from a string, of one character or of a contraction, to its elements as flat triples of weights: primary,
// secondary, tertiary. `variable` is a Set of the strings that `ignorePunctuation` leaves out.

const mark = /\p{M}/u;
const common = 1;
// Above every digit and below every letter; what follows are a number's length and its digits.
const digit = /[0-9]/;

export class UnknownCharacter extends Error {
  constructor(character) {
    super(`no collation of ${character}`);
    this.character = character;
  }
}

function* units(table, text) {
  const characters = [...text.normalize("NFD")];
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i];
    let unit = character;
    if (table.starts.has(character) && i + 1 < characters.length) {
      // A contraction may also reach over a mark in between.
      if (mark.test(characters[i + 1]) && mark.test(characters[i + 2] ?? "")) throw new UnknownCharacter(characters.slice(i, i + 3).join(""));
      if (table.has(character + characters[i + 1])) unit = character + characters[++i];
    }
    if (!table.has(unit)) throw new UnknownCharacter(unit);
    yield unit;
  }
}

export function makeTable({ elements, variable, numeric }) {
  const table = new Map(Object.entries(elements));
  table.variable = new Set(variable);
  table.numeric = numeric;
  table.starts = new Set([...table.keys()].filter((key) => [...key].length > 1).map((key) => [...key][0]));
  return table;
}

// The three levels of a text.
export function weigh(table, text, { numeric, ignorePunctuation }) {
  const levels = [[], [], []];
  let number = "";
  const close = () => {
    if (number === "") return;
    const digits = number.replace(/^0+/, "");
    levels[0].push(table.numeric, digits.length, ...[...digits].map(Number));
    levels[1].push(common);
    levels[2].push(0);
    number = "";
  };
  let skipping = false;
  for (const unit of units(table, text)) {
    if (numeric && digit.test(unit)) {
      number += unit;
      skipping = false;
      continue;
    }
    close();
    const elements = table.get(unit);
    if (ignorePunctuation) {
      // A mark goes with what it is on.
      if (table.variable.has(unit) || (skipping && elements[0] === 0)) {
        skipping = true;
        continue;
      }
      if (elements.length > 0) skipping = false;
    }
    for (let i = 0; i < elements.length; i += 3) {
      if (elements[i] !== 0) levels[0].push(elements[i]);
      levels[1].push(elements[i + 1]);
      levels[2].push(elements[i + 2]);
    }
  }
  close();
  return levels;
}

// `depth` is how many levels count: 1 for "base", 2 for "accent", 3 for "variant".
export function compare(left, right, depth) {
  for (let level = 0; level < depth; level++) {
    const [a, b] = [left[level], right[level]];
    const length = Math.max(a.length, b.length);
    for (let i = 0; i < length; i++) {
      if (a[i] !== b[i]) return i >= a.length || a[i] < b[i] ? -1 : 1;
    }
  }
  return 0;
}
