// Bundles src/core.js and each src/lazy/*.js into built/. Run by the package's build hook.
import { build } from "esbuild";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
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

await build({ ...common, entryPoints: ["src/core.js"], outfile: "built/core.js" });
for (const entry of lazy) {
  await build({
    ...common,
    entryPoints: [entry],
    plugins: [sharedCore],
    globalName: "exported",
    banner: { js: "(core => {" },
    footer: { js: "return exported})" },
    outfile: join("built/lazy", basename(entry)),
  });
}
