// Writes `convex_test/engine/prelude/src/intl/supported_values.json`: what `Intl.supportedValuesOf` lists in V8.
import { write } from "./provenance.mjs";

const keys = ["calendar", "collation", "currency", "numberingSystem", "timeZone", "unit"];
const values = Object.fromEntries(keys.map((key) => [key, Intl.supportedValuesOf(key)]));
write("convex_test/engine/prelude/src/intl/supported_values.json", { values });
