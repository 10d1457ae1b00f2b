// Namespaces of Convex's runtime that are not there. They can be mentioned, tested for and extended, as modules do while
// they load; using one fails by name.

const hidden = { writable: true, enumerable: false, configurable: true };

const namespaces = {
  WebAssembly: ["Module", "Instance", "Memory", "Table", "compile", "instantiate", "validate"],
  Intl: [
    "Collator", "DateTimeFormat", "DisplayNames", "DurationFormat", "ListFormat", "Locale", "NumberFormat", "PluralRules",
    "RelativeTimeFormat", "Segmenter", "getCanonicalLocales", "supportedValuesOf",
  ],
};

for (const [name, members] of Object.entries(namespaces)) {
  const value = Object.create(Object.prototype, { [Symbol.toStringTag]: { value: name, configurable: true } });
  for (const member of members) {
    const refuse = function () {
      throw new Error(`not supported: ${name}.${member}`);
    };
    Object.defineProperty(value, member, { ...hidden, value: refuse });
  }
  Object.defineProperty(globalThis, name, { ...hidden, value });
}
