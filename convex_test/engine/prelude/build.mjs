// Bundles src/core.js and each src/lazy/*.js into built/. Run by the package's build hook.
import { build } from "esbuild";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const lazy = readdirSync(join(here, "src/lazy")).map((name) => join("src/lazy", name));

rmSync(join(here, "built"), { recursive: true, force: true });
mkdirSync(join(here, "built/lazy"), { recursive: true });

const common = {
  absWorkingDir: here,
  bundle: true,
  format: "iife",
  platform: "browser",
  target: "es2023",
  // Few lines: stack frames below a fixed line number are recognised as the prelude's own.
  minifyWhitespace: true,
  minifySyntax: true,
  charset: "ascii",
  legalComments: "none",
};

await build({ ...common, entryPoints: ["src/core.js"], outfile: "built/core.js" });
for (const entry of lazy) {
  await build({
    ...common,
    entryPoints: [entry],
    globalName: "exported",
    footer: { js: "exported" },
    outfile: join("built/lazy", basename(entry)),
  });
}
