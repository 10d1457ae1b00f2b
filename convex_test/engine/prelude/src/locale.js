// Locale-dependent methods in V8's default locale, en-US. QuickJS answers them without a locale, which would be
// plausible and wrong. What most programs ask for is answered here; the rest loads `Intl`.
import { notSupported } from "./failing.js";
import { load } from "./lazy.js";

const hidden = { writable: true, enumerable: false, configurable: true };
const define = (prototype, name, value) => Object.defineProperty(prototype, name, { ...hidden, value });

function isDefault(locales, options) {
  return options === undefined && (locales === undefined || locales === "en-US" || locales === "en");
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

const nativeNumber = Number.prototype.valueOf;
const nativeBigInt = BigInt.prototype.valueOf;
define(Number.prototype, "toLocaleString", function toLocaleString(locales, options) {
  const number = nativeNumber.call(this);
  if (isDefault(locales, options)) return formatNumber(number);
  return new (load("intl_numbers").NumberFormat)(locales, options).format(number);
});
define(BigInt.prototype, "toLocaleString", function toLocaleString(locales, options) {
  const number = nativeBigInt.call(this);
  if (!isDefault(locales, options)) return new (load("intl_numbers").NumberFormat)(locales, options).format(number);
  return number.toString().replace(/\B(?=(\d{3})+$)/g, ",");
});

const datePart = (date) => {
  const year = date.getUTCFullYear();
  return `${date.getUTCMonth() + 1}/${date.getUTCDate()}/${year > 0 ? year : 1 - year}`;
};
function timePart(date) {
  const two = (value) => String(value).padStart(2, "0");
  const hours = date.getUTCHours();
  return `${hours % 12 || 12}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())} ${hours < 12 ? "AM" : "PM"}`;
}
const nativeTime = Date.prototype.getTime;
function defineDate(name, kind, format) {
  define(Date.prototype, name, {
    [name](locales, options) {
      const time = nativeTime.call(this);
      if (Number.isNaN(time)) return "Invalid Date";
      if (isDefault(locales, options)) return format(this);
      return load("intl_dates").toLocale(time, locales, options, kind, kind === "any" ? "all" : kind, `Date.prototype.${name}`);
    },
  }[name]);
}
defineDate("toLocaleDateString", "date", datePart);
defineDate("toLocaleTimeString", "time", timePart);
defineDate("toLocaleString", "any", (date) => `${datePart(date)}, ${timePart(date)}`);

define(String.prototype, "localeCompare", function localeCompare(that, locales, options) {
  if (this === undefined || this === null) throw new TypeError("String.prototype.localeCompare called on null or undefined");
  return load("intl_collator").localeCompare(String(this), String(that), locales, options);
});
for (const name of ["toLocaleUpperCase", "toLocaleLowerCase"]) {
  const plain = String.prototype[name.replace("Locale", "")];
  define(String.prototype, name, {
    [name](locales) {
      const first = Array.isArray(locales) ? locales[0] : locales;
      // These change letters by rules of their own.
      if (first !== undefined && /^(az|lt|tr|el)\b/i.test(first)) notSupported(`String.prototype.${name} for the locale ${JSON.stringify(first)}`);
      return plain.call(this);
    },
  }[name]);
}
