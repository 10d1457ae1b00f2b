// In the place of `@formatjs/intl-localematcher`: FormatJS is only ever asked for English.
export function ResolveLocale(_available, [locale], _options, keys, data) {
  const resolved = { locale, dataLocale: "en" };
  for (const key of keys) resolved[key] = data.en?.[key]?.[0];
  return resolved;
}

export function LookupSupportedLocales(_available, locales) {
  return locales;
}
