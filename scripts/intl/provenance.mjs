// Measurements are of the ICU that Convex's runtime has: `deno_core_icudata` 0.77 of the backend's `Cargo.lock` is ICU 77.
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const { icu, v8, cldr, tz, unicode } = process.versions;
if (!icu.startsWith("77.")) {
  console.error(`measure with a Node of ICU 77, such as 24.11.1; this is ${process.version} with ICU ${icu}`);
  process.exit(2);
}

export const source = `Node ${process.version}: V8 ${v8}, ICU ${icu}, CLDR ${cldr}, tz ${tz}, Unicode ${unicode}`;

export function write(path, content) {
  writeFileSync(join(root, path), JSON.stringify({ source: `measured by scripts/intl with ${source}`, ...content }) + "\n");
  console.log("wrote", path);
}
