// `Intl.Segmenter`, by FormatJS. Scripts that ICU divides with a dictionary are refused for words.
import { Segmenter as Segments } from "@formatjs/intl-segmenter";
import { notSupported } from "../failing.js";
import { english } from "../intl/english.js";

const dictionary = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

function guard({ granularity }, method, [text]) {
  if (method === "segment" && granularity === "word" && dictionary.test(String(text))) {
    notSupported(`Intl.Segmenter for words of ${JSON.stringify(String(text).match(dictionary)[0])}, which need a dictionary`);
  }
}

// FormatJS makes its tables anew for each of them.
const made = new Map();
function Shared(locale, options) {
  const key = options?.granularity === undefined ? "grapheme" : String(options.granularity);
  if (!made.has(key)) made.set(key, new Segments(locale, { granularity: key }));
  return made.get(key);
}

export const Segmenter = english("Segmenter", Shared, { methods: ["segment"], guard });
