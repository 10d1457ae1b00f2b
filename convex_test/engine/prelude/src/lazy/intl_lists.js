// `Intl.ListFormat` and `Intl.RelativeTimeFormat` in en-US, by FormatJS.
import Lists from "@formatjs/intl-listformat";
import listsOfEnglish from "@formatjs/intl-listformat/locale-data/en.js";
import Relative from "@formatjs/intl-relativetimeformat";
import relativeOfEnglish from "@formatjs/intl-relativetimeformat/locale-data/en.js";
import { english } from "../intl/english.js";

Lists.__addLocaleData(listsOfEnglish);
Relative.__addLocaleData(relativeOfEnglish);

const methods = ["format", "formatToParts"];
export const ListFormat = english("ListFormat", Lists, { methods });
export const RelativeTimeFormat = english("RelativeTimeFormat", Relative, { methods, extensions: { nu: ["latn"] } });
