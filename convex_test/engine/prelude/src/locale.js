// Locale-dependent methods in V8's default locale, en-US. QuickJS answers them without a locale, which would be
// plausible and wrong. What cannot be given exactly is refused.

const hidden = { writable: true, enumerable: false, configurable: true };
const define = (prototype, name, value) => Object.defineProperty(prototype, name, { ...hidden, value });

function requireDefault(what, locales, options) {
  const known = locales === undefined || locales === "en" || locales === "en-US" || (Array.isArray(locales) && locales.every((l) => l === "en-US" || l === "en"));
  if (!known) throw new Error(`not supported: ${what} for the locale ${JSON.stringify(locales)}; only "en-US" is`);
  if (options !== undefined && Object.keys(options).length > 0) {
    throw new Error(`not supported: ${what} with the options ${JSON.stringify(options)}`);
  }
}

// At most three fraction digits, half away from zero, as `Intl.NumberFormat` does by default.
function formatNumber(value) {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value < 0 ? "-∞" : "∞";
  const [whole, fraction = ""] = roundToThree(Math.abs(value)).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  return sign + grouped + (fraction ? "." + fraction : "");
}

function roundToThree(value) {
  if (value >= 1e21) return BigInt(value).toString();
  // Decimal digits of the shortest spelling decide, as in ICU; toFixed would round the binary value.
  let [digits, exponent = "0"] = value.toString().split("e");
  let [whole, fraction = ""] = digits.split(".");
  const shift = Number(exponent);
  if (shift < 0) {
    fraction = "0".repeat(-shift - 1) + whole + fraction;
    whole = "0";
  }
  if (fraction.length <= 3) return fraction ? `${whole}.${fraction}` : whole;
  const kept = BigInt(whole + fraction.slice(0, 3));
  // ICU rounds half to even only in its own default; ECMA-402 asks for half away from zero.
  const rounded = (kept + (fraction[3] >= "5" ? 1n : 0n)).toString().padStart(4, "0");
  return `${rounded.slice(0, -3)}.${rounded.slice(-3)}`.replace(/\.?0+$/, "");
}

define(Number.prototype, "toLocaleString", function toLocaleString(locales, options) {
  requireDefault("Number.prototype.toLocaleString", locales, options);
  return formatNumber(Number(this));
});
define(BigInt.prototype, "toLocaleString", function toLocaleString(locales, options) {
  requireDefault("BigInt.prototype.toLocaleString", locales, options);
  return this.toString().replace(/\B(?=(\d{3})+$)/g, ",");
});

const datePart = (date) => `${date.getUTCMonth() + 1}/${date.getUTCDate()}/${date.getUTCFullYear()}`;
function timePart(date) {
  const two = (value) => String(value).padStart(2, "0");
  const hours = date.getUTCHours();
  return `${hours % 12 || 12}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())} ${hours < 12 ? "AM" : "PM"}`;
}
function defineDate(name, format) {
  define(Date.prototype, name, {
    [name](locales, options) {
      requireDefault(`Date.prototype.${name}`, locales, options);
      return Number.isNaN(this.getTime()) ? "Invalid Date" : format(this);
    },
  }[name]);
}
defineDate("toLocaleDateString", datePart);
defineDate("toLocaleTimeString", timePart);
defineDate("toLocaleString", (date) => `${datePart(date)}, ${timePart(date)}`);

// The order of CLDR's root collation for printable ASCII; letters and digits follow it.
const variable = "_-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$";
const rank = new Map();
for (const character of "\t\n\v\f\r ") rank.set(character, rank.size + 1);
for (const character of variable) rank.set(character, rank.size + 1);
for (const character of "0123456789abcdefghijklmnopqrstuvwxyz") rank.set(character, rank.size + 1);

function keys(text) {
  const primary = [];
  const accents = [];
  const cases = [];
  for (const character of text.normalize("NFD")) {
    if (character >= "\u0300" && character <= "\u036f") {
      accents[accents.length - 1] += character;
      continue;
    }
    const lower = character.toLowerCase();
    const weight = rank.get(lower);
    if (weight === undefined) {
      throw new Error(`not supported: localeCompare of ${JSON.stringify(character)}; Latin letters, digits and ASCII punctuation are`);
    }
    primary.push(weight);
    accents.push("");
    cases.push(lower === character ? 0 : 1);
  }
  return [primary, accents, cases];
}

function compareLists(left, right) {
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    if (left[i] !== right[i]) return left[i] < right[i] ? -1 : 1;
  }
  return Math.sign(left.length - right.length);
}

define(String.prototype, "localeCompare", function localeCompare(that, locales, options) {
  requireDefault("String.prototype.localeCompare", locales, options);
  const text = String(this);
  const other = String(that);
  if (text === other) return 0;
  const left = keys(text);
  const right = keys(other);
  return compareLists(left[0], right[0]) || compareLists(left[1], right[1]) || compareLists(left[2], right[2]);
});
