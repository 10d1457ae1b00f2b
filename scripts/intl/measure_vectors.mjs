// Writes `tests/vectors/intl.json`: expressions and what V8 makes of them, for `tests/parity/test_intl.py`.
// `node measure_vectors.mjs [how many times more [file]]`
import { write } from "./provenance.mjs";

const more = Number(process.argv[2] ?? 1);
const file = process.argv[3] ?? "tests/vectors/intl.json";
let state = 20240229;
const random = (below) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
};
const pick = (list) => list[random(list.length)];
const vectors = {};

function add(group, expression) {
  let value;
  try {
    value = (0, eval)(expression);
  } catch (error) {
    value = { throws: `${error.name}: ${error.message}` };
  }
  (vectors[group] ??= []).push([expression, value]);
}

function options(choices, often) {
  const found = {};
  for (const [name, [one, values]] of Object.entries(choices)) if (random(one * often) < often) found[name] = pick(values);
  return found;
}
const js = (value) => JSON.stringify(value);

// Dates
const widths = ["narrow", "short", "long"];
const numbers = ["2-digit", "numeric"];
const styles = ["full", "long", "medium", "short"];
const fields = {
  weekday: [2, widths], era: [10, widths], year: [2, numbers], month: [2, [...numbers, ...widths]], day: [2, numbers], dayPeriod: [10, widths],
  hour: [2, numbers], minute: [2, numbers], second: [3, numbers], fractionalSecondDigits: [10, [1, 2, 3]],
  timeZoneName: [8, ["short", "long", "shortOffset", "longOffset", "shortGeneric", "longGeneric"]],
  hour12: [6, [true, false]], hourCycle: [6, ["h11", "h12", "h23", "h24"]],
};
const styled = { dateStyle: [2, styles], timeStyle: [2, styles], hour12: [6, [true, false]] };
const day = 86_400_000;
const moments = [0, 951782400000, 1709164800123, 1735689599999, 1767225600000, -62135596800000, -62198755200000, 253402300799999, -86400000, 43200000, 1e12];
const moment = () => (random(3) ? pick(moments) + random(day) : pick(moments));
const locale = () => pick(['"en-US"', '"en-US"', "undefined", '"en"', '["en-US", "de"]']);
for (let i = 0; i < 500 * more; i++) {
  const chosen = { ...options(pick([fields, fields, fields, styled]), 1), ...(random(2) && { timeZone: "UTC" }) };
  add("dates", `new Intl.DateTimeFormat(${locale()}, ${js(chosen)}).format(${moment()})`);
}
for (let i = 0; i < 60 * more; i++) {
  const chosen = options(pick([fields, styled]), 1);
  add("date parts", `new Intl.DateTimeFormat("en-US", ${js(chosen)}).formatToParts(${moment()})`);
  add("date options", `new Intl.DateTimeFormat("en-US", ${js(chosen)}).resolvedOptions()`);
}
for (let i = 0; i < 60 * more; i++) {
  const method = pick(["toLocaleString", "toLocaleDateString", "toLocaleTimeString"]);
  const chosen = random(3) ? js(options(pick([fields, styled]), 1)) : pick(["undefined", "{}", '{"weekday":"x"}', '{"timeZone":"Mars/Olympus"}', '{"dateStyle":"full","day":"numeric"}', '{"fractionalSecondDigits":9}']);
  add("dates by method", `new Date(${random(9) ? moment() : "NaN"}).${method}(${locale()}, ${chosen})`);
}
for (const bad of ["new Intl.DateTimeFormat('en_US')", "new Intl.DateTimeFormat(null)", "new Intl.DateTimeFormat([5])", "new Intl.DateTimeFormat('en').format(NaN)", "new Intl.DateTimeFormat('en', null)", "Intl.DateTimeFormat('en').format(new Date(5))", "Intl.DateTimeFormat.name + Intl.DateTimeFormat.length", "String(new Intl.DateTimeFormat())"]) {
  add("dates by method", bad);
}

// Time zones
const zones = Intl.supportedValuesOf("timeZone");
const favourites = ["America/New_York", "America/Los_Angeles", "Europe/Berlin", "Europe/London", "Asia/Tokyo", "asia/kolkata", "US/Eastern", "Australia/Sydney", "+05:30", "-0800", "Etc/GMT+5", "GMT", "Africa/Monrovia", "Africa/Casablanca", "America/Sao_Paulo"];
for (let i = 0; i < 300 * more; i++) {
  const timeZone = random(2) ? pick(favourites) : pick(zones);
  const timeZoneName = pick([undefined, "short", "long", "shortOffset", "longOffset"]);
  const chosen = { timeZone, ...(timeZoneName && { timeZoneName }), year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric" };
  add("time zones", `new Intl.DateTimeFormat("en-US", ${js(chosen)}).format(${random(Date.UTC(2038, 0, 1))})`);
}

// Numbers
const currencies = ["USD", "EUR", "JPY", "GBP", "CHF", "INR", "KWD", "BTC"];
const units = ["kilometer", "kilometer-per-hour", "byte", "megabyte", "percent", "second", "day", "year", "celsius", "liter", "pound", "mile"];
const settings = {
  notation: [5, ["standard", "scientific", "engineering", "compact"]], compactDisplay: [6, ["short", "long"]],
  currencyDisplay: [6, ["code", "symbol", "narrowSymbol", "name"]], currencySign: [6, ["standard", "accounting"]],
  unitDisplay: [4, ["short", "long", "narrow"]], useGrouping: [6, [true, false, "always", "auto", "min2"]],
  signDisplay: [6, ["auto", "never", "always", "exceptZero", "negative"]], minimumIntegerDigits: [9, [1, 2, 5]],
  minimumFractionDigits: [5, [0, 1, 2, 4]], maximumFractionDigits: [5, [0, 1, 2, 4, 6]], minimumSignificantDigits: [9, [1, 2]],
  maximumSignificantDigits: [9, [2, 3, 7]], roundingMode: [6, ["ceil", "floor", "expand", "trunc", "halfCeil", "halfFloor", "halfExpand", "halfTrunc", "halfEven"]],
  trailingZeroDisplay: [9, ["auto", "stripIfInteger"]], roundingPriority: [9, ["auto", "morePrecision", "lessPrecision"]],
};
const values = ["0", "-0", "1", "-1", "0.5", "1.005", "2.5", "1234.5678", "-1234567.891", "1e21", "123456789012n", "NaN", "Infinity", "-Infinity", "1e-7", "999999", "0.999", "9999.5"];
const value = () => (random(2) ? pick(values) : String(random(1e9) / pick([1, 1, 10, 1000, 1e7])));
const number = () => {
  const style = pick(["decimal", "decimal", "percent", "currency", "unit"]);
  const base = style === "currency" ? { style, currency: pick(currencies) } : style === "unit" ? { style, unit: pick(units) } : style === "percent" ? { style } : {};
  return { ...base, ...options(settings, 1) };
};
for (let i = 0; i < 400 * more; i++) add("numbers", `new Intl.NumberFormat(${locale()}, ${js(number())}).format(${value()})`);
for (let i = 0; i < 40 * more; i++) add("number parts", `new Intl.NumberFormat("en-US", ${js(number())}).formatToParts(${value()})`);
for (let i = 0; i < 40 * more; i++) add("number options", `new Intl.NumberFormat("en-US", ${js(number())}).resolvedOptions()`);
for (let i = 0; i < 40 * more; i++) add("number ranges", `new Intl.NumberFormat("en-US", ${js(number())}).formatRange(${random(100)}, ${100 + random(1000)})`);
for (let i = 0; i < 60 * more; i++) {
  add("numbers by method", `(${value()}).toLocaleString(${locale()}, ${random(3) ? js(number()) : pick(["undefined", "{}"])})`);
}
for (let i = 0; i < 60 * more; i++) add("numbers by method", `(${random(2 ** 31) * (random(3) ? 1 : -1)} / ${pick([1, 7, 1000, 1e6, 1e9])}).toLocaleString()`);

// Words
for (const style of ["long", "short", "narrow"]) {
  for (const type of ["conjunction", "disjunction", "unit"]) {
    for (const list of [[], ["a"], ["a", "b"], ["a", "b", "c"], ["a", "b", "c", "d"]]) {
      add("lists", `new Intl.ListFormat("en-US", ${js({ type, style })}).format(${js(list)})`);
      add("lists", `new Intl.ListFormat("en-US", ${js({ type, style })}).formatToParts(${js(list)})`);
    }
  }
  for (const unit of ["second", "minute", "hour", "day", "week", "month", "quarter", "year", "days"]) {
    for (const amount of ["-1", "0", "-0", "1", "2", "-1.5", "12345.678"]) {
      const numeric = pick(["auto", "always"]);
      add("relative times", `new Intl.RelativeTimeFormat("en-US", ${js({ numeric, style })}).format(${amount}, "${unit}")`);
    }
    add("relative times", `new Intl.RelativeTimeFormat("en-US", ${js({ numeric: "auto", style })}).formatToParts(-3, "${unit}")`);
  }
}
for (const type of ["cardinal", "ordinal"]) {
  for (const amount of ["0", "1", "2", "3", "4", "11", "12", "13", "21", "22", "23", "101", "1.5", "-1", "NaN", "Infinity"]) {
    add("plurals", `new Intl.PluralRules("en-US", { type: "${type}" }).select(${amount})`);
    add("plurals", `new Intl.PluralRules("en-US", { type: "${type}", minimumFractionDigits: 1 }).select(${amount})`);
  }
}
for (const tag of ["en", "EN-us", "zh-hans-cn", "iw", "sr-Latn-RS", "en-u-ca-gregory", "de-DE-u-co-phonebk", "a", "en_US", "x-foo", "no-bok", "pt-br"]) {
  add("locales", `Intl.getCanonicalLocales("${tag}")`);
  add("locales", `((l) => [l.toString(), l.language, l.script, l.region, l.baseName, l.maximize().toString(), l.minimize().toString()])(new Intl.Locale("${tag}"))`);
}
for (const [type, codes] of [["language", ["en", "en-US", "fr", "zh-Hans", "de-AT", "tlh"]], ["region", ["US", "DE", "GB", "JP", "001", "419", "ZZ", "XK"]], ["script", ["Latn", "Cyrl", "Hans"]], ["currency", ["USD", "EUR", "JPY", "CHF", "KRW"]]]) {
  for (const code of codes) add("display names", `new Intl.DisplayNames("en-US", { type: "${type}" }).of("${code}")`);
}
const texts = ["Hello, world! It's 3.14 o'clock.", "e\u0301a\u0308", "👩‍👩‍👧‍👦🇺🇸🇩🇪👍🏽", "a\r\nb\n\nc", "한국어 텍스트", "café naïve 12,345.67 foo_bar can't", "नमस्ते", "a.b.c U.S.A. 5 p.m. today", "Ünïcödé — “quoted” … text", "foo@bar.com http://x.y/z?q=1", "Привет, мир. Как дела?", "שלום עולם", "日本語", "1 + 1 = 2; 50% off!", "Wait... what? Yes! (No.) \"Maybe.\" So."];
for (const granularity of ["grapheme", "word", "sentence"]) {
  for (const text of texts) {
    add("segments", `[...new Intl.Segmenter("en", { granularity: "${granularity}" }).segment(${js(text)})].map((s) => [s.segment, s.index, s.isWordLike])`);
  }
}
for (const text of ["é", "ﬁ", "Å", "한", "ẛ̣", "①"]) for (const form of ["NFC", "NFD", "NFKC", "NFKD"]) add("strings", `${js(text)}.normalize("${form}")`);
for (const text of ["Straße", "İstanbul", "ΣΊΣΥΦΟΣ", "ǆ", "ŉ", "ﬃ"]) {
  for (const method of ["toLocaleUpperCase", "toLocaleLowerCase"]) for (const tag of ["", '"en-US"']) add("strings", `${js(text)}.${method}(${tag})`);
}
// Comparing
const words = ["a", "A", "b", "B", "z", "Z", "é", "è", "e", "É", "ä", "Ä", "ö", "ß", "ss", "æ", "ae", "ø", "å", "ñ", "ç", "ł", "œ", "1", "2", "10", "02", "9", " ", "-", "_", ".", ",", "'", "’", "“", "(", "@", "#", "$", "€", "α", "Ω", "я", "й", "и", "Ж", "🙂", "–", "\\u0301", "co-op", "coop", "naïve", "résumé", "resume", "item", "Item"];
const text = () => `"${Array.from({ length: 1 + random(3) }, () => pick(words)).join("")}"`;
const settled = { sensitivity: [3, ["base", "accent", "variant"]], numeric: [3, [true, false]], ignorePunctuation: [5, [true, false]] };
for (let i = 0; i < 400 * more; i++) add("comparisons", `${text()}.localeCompare(${text()})`);
for (let i = 0; i < 300 * more; i++) add("comparisons", `${text()}.localeCompare(${text()}, ${locale()}, ${js(options(settled, 1))})`);
for (let i = 0; i < 30 * more; i++) {
  const list = `[${Array.from({ length: 12 }, text).join(", ")}]`;
  add("comparisons", `${list}.sort(new Intl.Collator(${locale()}, ${js(options(settled, 1))}).compare)`);
}
add("comparisons", "new Intl.Collator('en').resolvedOptions()");
add("comparisons", "new Intl.Collator('en', { sensitivity: 'x' })");
add("comparisons", "'a'.localeCompare('b', 'en', { sensitivity: 'x' })");
add("comparisons", "'a'.localeCompare('b', 'en_US')");
for (const key of ["unit", "calendar", "currency", "x"]) add("locales", `Intl.supportedValuesOf("${key}")`);
write(file, { vectors });
