// FormatJS behind the locales and the texts of this runtime: what all of its constructors have in common here.
import { notSupported } from "../failing.js";
import { constructorOf, resolveLocale } from "./locales.js";

// Wraps a class of FormatJS. `extensions` are the values of `-u-` keys that are answered; `problem(options)` tells what
// FormatJS is known to do otherwise than V8, or null; `check(options)` throws V8's errors; `guard` does both per value;
// `rangeText(text)` is V8's text for a RangeError of FormatJS, if another.
export function english(name, Library, { methods, extensions = {}, problem = () => null, check = () => {}, guard = () => {}, rangeText = () => undefined, callable = false }) {
  const what = `Intl.${name}`;
  class English {
    #library;
    #refusal;
    #options;

    constructor(locales, options) {
      const { locale, refusal } = resolveLocale(what, locales, extensions);
      if (options === null) throw new TypeError("Cannot convert undefined or null to object");
      check(options ?? {}, this);
      this.#refusal = refusal ?? problem(options ?? {});
      this.#library = translated(() => new Library(this.#refusal === null ? locale : "en", options));
      this.#options = options ?? {};
    }

    static usable(formatter, method, args) {
      if (!(#library in formatter)) throw new TypeError(`Method ${what} called on incompatible receiver ${String(formatter)}`);
      if (formatter.#refusal !== null) notSupported(formatter.#refusal);
      guard(formatter.#options, method, args);
      return formatter.#library;
    }
  }
  function translated(make) {
    try {
      return make();
    } catch (error) {
      const text = error instanceof RangeError ? rangeText(error.message) : undefined;
      throw text === undefined ? error : new RangeError(text);
    }
  }
  const usable = English.usable;
  delete English.usable;
  for (const method of ["resolvedOptions", ...methods]) {
    const value = {
      [method](...args) {
        return usable(this, method, args)[method](...args);
      },
    }[method];
    Object.defineProperty(English.prototype, method, { value, writable: true, enumerable: false, configurable: true });
  }
  Object.defineProperty(English, "name", { value: name });
  return constructorOf(English, { callable });
}

// `get format` of the older constructors, whose value is bound to the formatter.
export function bindFormat(Constructor) {
  const format = Constructor.prototype.format;
  const bound = new WeakMap();
  Object.defineProperty(Constructor.prototype, "format", {
    get() {
      if (!bound.has(this)) bound.set(this, (value) => format.call(this, value));
      return bound.get(this);
    },
    enumerable: false,
    configurable: true,
  });
  return Constructor;
}
