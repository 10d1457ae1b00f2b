"""The user's Convex project: where it is, what it consists of, and its code as one bundle.

    discover     from a test file upwards to the project's root
    config       `convex.json`
    layout       root, functions folder, `convex` package and esbuild binary; complains about what is missing
    entry_points which files are modules, and in which environment each runs (`directives`)
    bundle       one script out of all modules, built by the project's own esbuild, kept by `cache`
    source_map   from a position in that script back to the user's file

`bundle` stands on `esbuild` (where the binary is), `esbuild_build`, `esbuild_service` and `esbuild_protocol` (how to
talk to it), `transform` (what may be done to sources on the way), `virtual_modules` (what is not on disk), `rewrite`
(corrections of what comes out), `source_paths`, `bundle_errors`, and `dependencies` (what makes a kept bundle stale).

It imports `convex_test.errors` and nothing else of this package. What counts as a module and how it is bundled was
read in the npm package `convex` (`src/bundler`, `src/cli/lib/config.ts`); path rules in the backend's
`crates/convex/sync_types`.
"""
