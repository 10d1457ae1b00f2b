// `Intl.NumberFormat` and `Intl.PluralRules` in en-US, by FormatJS. Where FormatJS and V8 are known to write something
// else, it is refused: compact percentages, compact numbers of 10^15 and more or padded with zeros, ranges of units
// and in another notation, names of units whose trailing zeros are stripped, and what is no number in a currency that has no sign.
import { NumberFormat as Numbers } from "@formatjs/intl-numberformat";
import numbersOfEnglish from "@formatjs/intl-numberformat/locale-data/en.js";
import { PluralRules as Plurals } from "@formatjs/intl-pluralrules";
import pluralsOfEnglish from "@formatjs/intl-pluralrules/locale-data/en.js";
import { notSupported } from "../failing.js";
import { bindFormat, english } from "../intl/english.js";

Numbers.__addLocaleData(numbersOfEnglish);
Plurals.__addLocaleData(pluralsOfEnglish);

const what = "Intl.NumberFormat";

function problem({ notation, style, currencyDisplay, minimumIntegerDigits, numberingSystem, trailingZeroDisplay }) {
  if (numberingSystem !== undefined && numberingSystem !== "latn") return `${what} with the numberingSystem ${JSON.stringify(numberingSystem)}`;
  if (trailingZeroDisplay === "stripIfInteger" && (style === "unit" || currencyDisplay === "name")) {
    return `${what} with trailingZeroDisplay and a name`;
  }
  if (notation !== "compact") return null;
  if (style === "percent") return `${what} with compact percentages`;
  return Number(minimumIntegerDigits ?? 1) > 1 ? `${what} with compact notation and minimumIntegerDigits` : null;
}

function guard(options, method, [value, end]) {
  const { notation, style, currency, currencyDisplay, currencySign, signDisplay, trailingZeroDisplay } = options;
  if (method === "resolvedOptions") {
    if (trailingZeroDisplay === "stripIfInteger" || (currencySign === "accounting" && signDisplay === "never")) {
      notSupported(`${what}.resolvedOptions with trailingZeroDisplay, or with accounting and no sign`);
    }
    return;
  }
  if (end !== undefined && (style === "unit" || (notation ?? "standard") !== "standard" || (signDisplay ?? "auto") !== "auto")) {
    notSupported(`${what}.formatRange with a unit, a notation or a sign`);
  }
  const number = Number(value);
  if (style === "currency" && !Number.isFinite(number) && /[A-Z]{3}/i.test(shown(currency, currencyDisplay))) {
    notSupported(`${what} of ${number} in ${currency}`);
  }
  if (notation === "compact" && Number.isFinite(number) && (Math.abs(number) >= 999e12 || (number !== 0 && Math.abs(number) < 0.001))) {
    notSupported(`${what} of ${number} in compact notation`);
  }
}

const shown = (currency, currencyDisplay) => new Numbers("en-US", { style: "currency", currency, currencyDisplay }).format(1);

function rangeText(text) {
  return /^Invalid range, \d+ > \d+$/.test(text) ? "maximumFractionDigits value is out of range." : undefined;
}

function check({ style, currency }) {
  if (style === "currency" && currency === undefined) throw new TypeError("Currency code is required with currency style.");
}

const methods = ["format", "formatToParts", "formatRange", "formatRangeToParts"];
export const NumberFormat = bindFormat(english("NumberFormat", Numbers, { methods, extensions: { nu: ["latn"] }, problem, check, guard, rangeText, callable: true }));
export const PluralRules = english("PluralRules", Plurals, { methods: ["select", "selectRange"] });
