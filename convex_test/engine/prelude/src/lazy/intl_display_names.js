// `Intl.DisplayNames` in en-US, by FormatJS.
import { DisplayNames as Names } from "@formatjs/intl-displaynames";
import namesOfEnglish from "@formatjs/intl-displaynames/locale-data/en.js";
import { english } from "../intl/english.js";

Names.__addLocaleData(namesOfEnglish);

function problem({ style }) {
  return style === undefined || style === "long" ? null : `Intl.DisplayNames with the style ${JSON.stringify(style)}`;
}

export const DisplayNames = english("DisplayNames", Names, { methods: ["of"], problem });
