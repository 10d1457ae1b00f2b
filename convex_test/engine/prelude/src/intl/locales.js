// Locales of `Intl`. Only English of the United States is here, as "en" and "en-US", with the extensions that an API
// lists; any other locale can be asked for, so that modules load, and what is then formatted with it is refused.
import { notSupported } from "../failing.js";

const wellFormed =
  /^(?:[a-z]{2,3}|[a-z]{5,8})(?:-[a-z]{4})?(?:-(?:[a-z]{2}|\d{3}))?(?:-(?:[a-z\d]{5,8}|\d[a-z\d]{3}))*(?:-[a-wy-z\d](?:-[a-z\d]{2,8})+)*(?:-x(?:-[a-z\d]{1,8})+)?$/i;

function listed(locales) {
  if (locales === undefined) return [];
  if (locales === null) throw new TypeError("Cannot convert undefined or null to object");
  if (typeof locales === "string") return [locales];
  if (typeof locales !== "object") return [];
  if (locales[Symbol.toStringTag] === "Intl.Locale") return [String(locales)];
  return Array.from({ length: locales.length ?? 0 }, (_, i) => locales[i]);
}

function checked(locale) {
  if ((typeof locale !== "string" && typeof locale !== "object") || locale === null) {
    throw new TypeError("Language ID should be string or object.");
  }
  const tag = String(locale);
  if (!wellFormed.test(tag)) throw new RangeError(`Incorrect locale information provided`);
  return tag;
}

// The locale that is answered for, and the values of its extensions. `refusal` is what cannot be had: it is thrown when
// something is formatted, because a formatter that a module makes and never uses does no harm.
export function resolveLocale(what, locales, allowed) {
  const [tag = "en-US"] = listed(locales).map(checked);
  const [, language, extension = ""] = /^(en(?:-us)?)(?:-u((?:-[a-z\d]{2,8})+))?$/i.exec(tag) ?? [];
  const extensions = {};
  if (language === undefined) return { locale: tag, extensions, refusal: `${what} for the locale ${JSON.stringify(tag)}; only "en-US" is` };
  const found = [...extension.toLowerCase().matchAll(/-([a-z\d]{2})((?:-[a-z\d]{3,8})*)/g)];
  for (const [, key, value] of found) {
    if (!(key in allowed) || !allowed[key].includes(value.slice(1))) {
      return { locale: tag, extensions, refusal: `${what} for the locale ${JSON.stringify(tag)}; only "en-US" is` };
    }
    extensions[key] = value.slice(1);
  }
  return { locale: language.length === 2 ? "en" : "en-US", extensions, refusal: null };
}

export function supportedLocalesOf(what, locales) {
  const tags = listed(locales).map(checked);
  const other = tags.find((tag) => !/^en(-us)?$/i.test(tag));
  if (other !== undefined) notSupported(`${what}.supportedLocalesOf for ${JSON.stringify(other)}`);
  return tags.map((tag) => (tag.length === 2 ? "en" : "en-US"));
}

// `GetOption` of ECMA-402, with V8's texts.
export function option(what, options, name, values, fallback) {
  const value = options[name];
  if (value === undefined) return fallback;
  const text = String(value);
  if (!values.includes(text)) throw new RangeError(`Value ${text} out of range for ${what} options property ${name}`);
  return text;
}

// A class that can be called without `new`, as `Intl`'s older constructors can, and has V8's name and length.
export function constructorOf(Class, { callable = false } = {}) {
  const name = Class.name;
  const { [name]: made } = {
    [name]: function () {
      if (new.target === undefined && !callable) throw new TypeError(`Constructor Intl.${name} requires 'new'`);
      return Reflect.construct(Class, [arguments[0], arguments[1]], new.target ?? made);
    },
  };
  Object.defineProperty(made, "prototype", { value: Class.prototype, writable: false, enumerable: false, configurable: false });
  const hidden = { writable: true, enumerable: false, configurable: true };
  Object.defineProperty(Class.prototype, "constructor", { ...hidden, value: made });
  Object.defineProperty(Class.prototype, Symbol.toStringTag, { value: `Intl.${name}`, writable: false, enumerable: false, configurable: true });
  Object.defineProperty(made, "supportedLocalesOf", {
    ...hidden,
    value: function (locales) {
      return supportedLocalesOf(`Intl.${name}`, locales);
    },
  });
  return made;
}
