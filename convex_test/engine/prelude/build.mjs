// Bundles src/core.js, each src/lazy/*.js, src/suite/index.js, and the runner for Node, src/node/main.mjs, into built/. Run by the
// package's build hook.
import { build } from "esbuild";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const core = join(here, "src");
const lazy = readdirSync(join(core, "lazy")).map((name) => join("src/lazy", name));

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

// The core's own modules have state, so a lazy part must not bring copies of them: what it imports from `src/` it is
// handed by `load` in `src/lazy.js`.
const sharedCore = {
  name: "shared-core",
  setup(builder) {
    builder.onResolve({ filter: /^\.\.\/\w+\.js$/ }, ({ path, resolveDir }) =>
      dirname(resolve(resolveDir, path)) === core ? { path: basename(path, ".js"), namespace: "core" } : undefined,
    );
    builder.onLoad({ filter: /.*/, namespace: "core" }, ({ path }) => ({ contents: `module.exports = core.${path};` }));
  },
};

// FormatJS: locale data that is exported instead of being put into a global, and no matching of locales, which is done in
// `src/intl/locales.js`.
const formatjs = {
  name: "formatjs",
  setup(builder) {
    builder.onResolve({ filter: /^@formatjs\/intl-localematcher$/ }, () => ({ path: join(core, "intl/one_locale.js") }));
    builder.onLoad({ filter: /@formatjs[\\/][\w-]+[\\/]locale-data[\\/]\w+\.js$/ }, ({ path }) => {
      const text = readFileSync(path, "utf8");
      const start = text.search(/\{\s*"data":/);
      return { contents: `export default ${text.slice(start, text.indexOf("})\n}", start) + 1)};` };
    });
  },
};

// The polyfill reads the fields of a local time from a formatter of the calendar "iso8601", which is not in `Intl` here.
// Its years and months are those of "gregory".
const temporal = {
  name: "temporal",
  setup(builder) {
    builder.onLoad({ filter: /temporal-polyfill[\\/]chunks[\\/]internal\.js$/ }, ({ path }) => {
      const pieces = readFileSync(path, "utf8").split('calendar: "iso8601",\n    timeZone');
      if (pieces.length !== 2) throw new Error(`${path} does not read local times as it did`);
      return { contents: pieces.join('calendar: "gregory",\n    timeZone') };
    });
  },
};

await build({ ...common, entryPoints: ["src/core.js"], outfile: "built/core.js" });

// A part that is evaluated when it is first used; it is given the core.
async function buildPart(entry, outfile) {
  const { outputFiles } = await build({
    ...common,
    entryPoints: [entry],
    plugins: [sharedCore, formatjs, temporal],
    // It is asked for one locale, which is canonical.
    define: { "Intl.getCanonicalLocales": "Array.of" },
    globalName: "exported",
    banner: { js: "(core => {" },
    footer: { js: "return exported})" },
    outfile,
    write: false,
  });
  // `charset` leaves regular expressions as they are.
  const escaped = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  writeFileSync(join(here, outfile), outputFiles[0].text.replace(/[^\0-\x7f]/g, escaped));
}

for (const entry of lazy) await buildPart(entry, join("built/lazy", basename(entry)));
// Only the contexts of test files have this one.
await buildPart("src/suite/index.js", "built/suite.js");

await build({
  ...common,
  entryPoints: ["src/node/main.mjs"],
  format: "esm",
  platform: "node",
  target: "node20",
  outfile: "built/node/runner.mjs",
});
