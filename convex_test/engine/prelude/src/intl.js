// `Intl`: its members are lazy, and what is not here fails by name when it is used.
import { notSupported } from "./failing.js";
import { lazily } from "./lazy.js";

const hidden = { writable: true, enumerable: false, configurable: true };
const Intl = Object.create(Object.prototype, { [Symbol.toStringTag]: { value: "Intl", configurable: true } });
Object.defineProperty(Intl, "DurationFormat", { ...hidden, value: function DurationFormat() { notSupported("Intl.DurationFormat"); } });
lazily(Intl, {
  intl_dates: ["DateTimeFormat"],
  intl_numbers: ["NumberFormat", "PluralRules"],
  intl_lists: ["ListFormat", "RelativeTimeFormat"],
  intl_locales: ["Locale", "getCanonicalLocales", "supportedValuesOf"],
  intl_display_names: ["DisplayNames"],
  intl_segmenter: ["Segmenter"],
  intl_collator: ["Collator"],
});
Object.defineProperty(globalThis, "Intl", { ...hidden, value: Intl });
