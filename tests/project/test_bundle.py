from __future__ import annotations

import json

import pytest

from convex_test.errors import ProjectError
from convex_test.project.bundle import bundle
from convex_test.project.layout import load_layout
from convex_test.project.source_map import SourceMap

QUERY = (
    'import { query } from "./_generated/server";\nexport const list = query({ args: {}, handler: async () => [] });\n'
)


def test_modules_are_reached_by_their_canonical_paths(project, evaluate):
    built = bundle(project({"convex/a.ts": "export const x = 1", "convex/deep/b.tsx": "export default 2"}))
    script = evaluate(built.code)
    assert script.value("Object.keys(convexProject.modules).join()") == "a.js,deep/b.js"
    assert script.module("a.js", "m.x") == "1"
    assert script.module("deep/b.js", "m.default") == "2"
    assert [entry.path for entry in built.entry_points] == ["a.js", "deep/b.js"]


def test_special_files_are_reached_beside_the_modules(project, evaluate):
    built = bundle(
        project(
            {
                "convex/schema.ts": 'import { defineSchema } from "convex/server";\nexport default defineSchema({});',
                "convex/auth.config.ts": "export default { providers: [] }",
                "convex/convex.config.ts": 'import { defineApp } from "convex/server";\nexport default defineApp();',
                "convex/http.ts": "export default 1",
            }
        )
    )
    script = evaluate(built.code)
    assert script.value("Object.keys(convexProject.special).join()") == "schema.js,auth.config.js,convex.config.js"
    assert script.value("(await convexProject.special['schema.js']()).default.export()") == json.dumps(
        {"tables": [], "schemaValidation": True}, separators=(",", ":")
    )
    assert [entry.path for entry in built.special] == ["schema.js", "auth.config.js", "convex.config.js"]
    assert [entry.path for entry in built.entry_points] == ["http.js"]


def test_the_projects_own_convex_is_exported(project, evaluate):
    script = evaluate(bundle(project({"convex/a.ts": QUERY})).code)
    assert script.value("typeof (await convexProject.server()).queryGeneric") == "function"
    assert script.value("(await convexProject.values()).v.string().kind") == "string"
    assert script.value("(await convexProject.modules['a.js']()).list.isQuery") == "true"


def test_one_copy_of_convex_serves_modules_and_runtime(project, evaluate):
    source = 'export { ConvexError } from "convex/values";'
    script = evaluate(bundle(project({"convex/a.ts": source})).code)
    assert (
        script.value(
            "(await convexProject.values()).ConvexError === (await convexProject.modules['a.js']()).ConvexError"
        )
        == "true"
    )


def test_a_module_is_evaluated_once_and_only_when_it_is_wanted(project, evaluate):
    count = "globalThis.count = (globalThis.count ?? 0) + 1;\nexport const x = 1;\n"
    script = evaluate(bundle(project({"convex/a.ts": count, "convex/b.ts": count})).code)
    assert script.value("globalThis.count") == "undefined"
    script.module("a.js")
    script.module("a.js")
    assert script.value("globalThis.count") == "1"


def test_a_module_that_throws_does_not_keep_others_from_loading(project, evaluate):
    files = {
        "convex/bad.ts": "export const x = 1;\nthrow new Error('no key');",
        "convex/good.ts": "export const y = 2;",
    }
    script = evaluate(bundle(project(files)).code)
    assert script.module("bad.js") == "E: no key"
    assert script.module("good.js", "m.y") == "2"


def test_a_module_that_throws_throws_again(project, evaluate):
    files = {"convex/bad.ts": "export const x = 1;\nthrow new Error('no key');"}
    script = evaluate(bundle(project(files)).code)
    assert script.module("bad.js") == "E: no key"
    assert script.module("bad.js") == "E: no key"


def test_code_is_strict_as_in_a_module(project, evaluate):
    files = {
        "convex/a.ts": "export const undeclared = () => { globalThing = 1; };\n"
        "export const self = function () { return this; };",
        "convex/b.ts": 'import lib from "./lib/old.cjs";\nexport const run = () => lib.run();',
        "convex/lib/old.cjs": "module.exports = { run() { leaked = 1; } };",
    }
    script = evaluate(bundle(project(files)).code)
    assert script.module("a.js", "m.undeclared()") == "E: globalThing is not defined"
    assert script.module("a.js", "(0, m.self)()") == "undefined"
    assert script.module("b.js", "m.run()") == "E: leaked is not defined"


def test_modules_for_node_are_listed_and_left_out(project, evaluate):
    files = {
        "convex/a.ts": "export const x = 1;",
        "convex/b.ts": '"use node";\nimport fs from "fs";\nexport const y = fs;',
    }
    built = bundle(project(files))
    assert {entry.path: entry.environment for entry in built.entry_points} == {"a.js": "isolate", "b.js": "node"}
    assert evaluate(built.code).value("Object.keys(convexProject.modules).join()") == "a.js"


def test_a_module_in_commonjs_has_only_its_default_export_as_when_deployed(project, evaluate):
    files = {"convex/a.cjs": "exports.x = 1;", "convex/b.js": "module.exports = { __esModule: true, default: 5 };"}
    script = evaluate(bundle(project(files)).code)
    assert script.module("a.js") == "default"
    assert script.module("a.js", "m.default.x") == "1"
    assert script.module("b.js", "m.default.default") == "5"


def test_functions_keep_their_names(project, evaluate):
    source = "export const outer = { list: async () => {} };\nexport function send() {}\n"
    script = evaluate(bundle(project({"convex/a.ts": source})).code)
    assert script.module("a.js", "m.outer.list.name + m.send.name") == "listsend"


def test_the_code_is_built_for_production(project, evaluate):
    source = "export const mode = process.env.NODE_ENV;\nexport const key = () => process.env.KEY;"
    script = evaluate(bundle(project({"convex/a.ts": source})).code, "process.env.KEY = 'k';")
    assert script.module("a.js", "m.mode + m.key()") == "productionk"


def test_packages_are_resolved_with_convex_conditions(project, write, npm_packages, evaluate):
    root = write(
        {
            "convex/a.ts": 'export { x } from "pick";',
            "node_modules/pick/package.json": json.dumps(
                {"name": "pick", "exports": {"node": "./node.js", "convex": "./convex.js", "default": "./other.js"}}
            ),
            "node_modules/pick/convex.js": "export const x = 'convex';",
            "node_modules/pick/node.js": "export const x = 'node';",
            "node_modules/pick/other.js": "export const x = 'other';",
        }
    )
    for name in ("convex", "esbuild", "@esbuild"):
        (root / "node_modules" / name).symlink_to(npm_packages / name, target_is_directory=True)
    assert evaluate(bundle(project({})).code).module("a.js", "m.x") == "convex"


def test_generated_modules_are_made_up_when_they_are_missing(project, evaluate):
    source = (
        'import * as server from "./_generated/server";\n'
        'import { api, internal, components } from "./_generated/api.js";\n'
        'import type { Id } from "./_generated/dataModel";\n'
        'import { getFunctionName } from "convex/server";\n'
        "export const names = Object.keys(server).sort().join();\n"
        "export const path = getFunctionName(api.deep.file.fn) + getFunctionName(internal.x.y) + typeof components.c;\n"
        "export type X = Id<'x'>;\nexport const same = server.env === process.env;\n"
    )
    layout = project({"convex/a.ts": source})
    script = evaluate(bundle(layout).code)
    assert script.module("a.js", "m.names") == (
        "action,env,httpAction,internalAction,internalMutation,internalQuery,mutation,query"
    )
    assert script.module("a.js", "m.path") == "deep/file:fnx:yobject"
    assert script.module("a.js", "m.same") == "true"
    assert not (layout.functions_dir / "_generated").exists()


def test_generated_modules_on_disk_are_used(project, evaluate):
    files = {
        "convex/a.ts": 'export { mine } from "./_generated/server";',
        "convex/_generated/server.js": "export const mine = 1;",
    }
    assert evaluate(bundle(project(files)).code).module("a.js", "m.mine") == "1"


@pytest.mark.parametrize(
    "specifier", ["../convex/_generated/server", "@/convex/_generated/server.js", "fns/_generated/server"]
)
def test_generated_modules_are_found_by_other_ways_to_the_functions(project, evaluate, specifier):
    files = {
        "convex/a.ts": f'export {{ query }} from "{specifier}";',
        "tsconfig.json": '{"compilerOptions": {"paths": {"@/*": ["./*"], "fns/*": ["./convex/*"]}}}',
    }
    assert evaluate(bundle(project(files)).code).module("a.js", "typeof m.query") == "function"


def test_generated_typescript_is_made_up_where_the_project_generates_it(project, evaluate):
    files = {
        "convex.json": '{"codegen": {"fileType": "ts"}}',
        "convex/a.ts": 'export * from "./_generated/dataModel";\nexport { query } from "./_generated/server.ts";',
    }
    assert evaluate(bundle(project(files)).code).module("a.js") == "query"


def test_async_hooks_are_the_runtimes(project, evaluate):
    source = (
        'import hooks, { AsyncLocalStorage } from "node:async_hooks";\n'
        'import { AsyncResource } from "async_hooks";\n'
        "export const x = AsyncLocalStorage + AsyncResource + (hooks.AsyncResource === AsyncResource);"
    )
    script = evaluate(
        bundle(project({"convex/a.ts": source})).code,
        "globalThis.AsyncLocalStorage = 'S'; globalThis.AsyncResource = 'R';",
    )
    assert script.module("a.js", "m.x") == "SRtrue"


def test_server_only_is_empty(project, evaluate):
    assert (
        evaluate(bundle(project({"convex/a.ts": 'import "server-only";\nexport const x = 1;'})).code).module("a.js")
        == "x"
    )


def test_webassembly_is_an_error_when_the_module_is_evaluated(project, evaluate):
    files = {"convex/a.ts": 'import wasm from "./x.wasm";\nexport const x = wasm;', "convex/x.wasm": b"\0asm"}
    assert evaluate(bundle(project(files)).code).module("a.js") == (
        "E: not supported: WebAssembly (x.wasm is imported; this runtime cannot run it)"
    )


def test_json_text_and_jsx_are_bundled_as_convex_does(project, evaluate):
    files = {
        "convex/a.tsx": 'import data from "./data.json";\nimport text from "./t.txt";\nexport const x = data.n + text;',
        "convex/data.json": '{"n": 1}',
        "convex/t.txt": "é",
    }
    assert evaluate(bundle(project(files)).code).module("a.js", "m.x") == "1é"


def test_circular_imports_load(project, evaluate):
    files = {
        "convex/a.ts": 'import { b } from "./b";\nexport const a = 1;\nexport const sum = () => a + b;',
        "convex/b.ts": 'import { a } from "./a";\nexport const b = 2;\nexport const sum = () => a + b;',
    }
    script = evaluate(bundle(project(files)).code)
    assert script.module("a.js", "m.sum()") == "3"
    assert script.module("b.js", "m.sum()") == "3"


def test_a_position_in_the_code_leads_back_to_the_source(project):
    built = bundle(project({"convex/deep/a.ts": 'type T = string;\n\nexport const x: T = "find me";\n'}))
    lines = built.code.split("\n")
    (line,) = [number for number, text in enumerate(lines, 1) if "find me" in text]
    found = SourceMap(built.source_map).lookup(line, lines[line - 1].index('"find me"') + 1)
    assert found == ("convex/deep/a.ts", 3, 21, None)
    assert "sourcesContent" not in json.loads(built.source_map)


def test_inputs_are_the_files_on_disk(project):
    layout = project({"convex/a.ts": 'import "../lib/b";\nimport "server-only";\nexport {}', "lib/b.ts": "export {}"})
    inputs = bundle(layout).inputs
    assert {layout.root / "convex" / "a.ts", layout.root / "lib" / "b.ts"} <= set(inputs)
    assert all(path.is_file() for path in inputs)


def test_warnings_of_esbuild_are_kept_with_their_place(project):
    layout = project({"convex/a.ts": "export const x = { a: 1, a: 2 };\n"})
    expected = (
        'convex/a.ts:1:26: Duplicate key "a" in object literal\n'
        "    1 │ export const x = { a: 1, a: 2 };\n"
        "      │                          ^"
    )
    assert [warning[: len(expected)] for warning in bundle(layout).warnings] == [expected]
    assert [warning[: len(expected)] for warning in bundle(layout).warnings] == [expected]


class Replacing:
    """A transform that is its own transformation."""

    key = "replacing"

    def __init__(self, old, new):
        self.old, self.new = old, new
        self.seen = []

    def start(self):
        self.seen = []
        return self

    def source(self, file, text):
        self.seen.append(file)
        return text.replace(self.old, self.new)

    def prologue(self):
        return f"var seen = {len(self.seen)};"

    def notes(self):
        return f"{len(self.seen)} files"


def test_own_sources_are_transformed_and_packages_are_not(project, evaluate):
    layout = project(
        {
            "convex/a.ts": 'import { v } from "convex/values";\nexport const x: string = "old" + v.string().kind;',
            "lib/b.js": "",
        }
    )
    transform = Replacing("old", "new")

    built = bundle(layout, transform=transform)

    assert evaluate(built.code).module("a.js", "m.x") == "newstring"
    assert transform.seen == [layout.functions_dir / "a.ts"]


def test_a_transform_has_a_prologue_and_its_notes_are_kept_with_the_bundle(project, evaluate):
    layout = project({"convex/a.ts": "declare const seen: number;\nexport const x = seen;"})

    built = bundle(layout, transform=Replacing("old", "new"))

    assert evaluate(built.code).module("a.js", "m.x") == "1"
    assert built.notes == "1 files"
    assert bundle(layout, transform=Replacing("old", "new")).notes == "1 files"


def test_a_transform_may_leave_a_file_as_it_is(project, evaluate):
    class Leaving(Replacing):
        def source(self, file, text):
            return None

    built = bundle(project({"convex/a.ts": "export const x = 'old';"}), transform=Leaving("old", "new"))

    assert evaluate(built.code).module("a.js", "m.x") == "old"


def test_a_transformed_and_an_untouched_bundle_do_not_mix(project, evaluate):
    layout = project({"convex/a.ts": "export const x = 'old';"})
    bundle(layout, transform=Replacing("old", "new"))

    built = bundle(layout)

    assert evaluate(built.code).module("a.js", "m.x") == "old"
    assert built.notes == ""


def test_errors_are_shown_in_the_source_that_the_user_wrote(project):
    layout = project({"convex/a.ts": 'import "./missing"; export const x = "old";'})

    with pytest.raises(ProjectError, match=r'1 │ import "./missing"; export const x = "old";'):
        bundle(layout, transform=Replacing("import", "/* longer */ import"))


def test_what_a_transform_raises_comes_out_unchanged(project):
    class Raising(Replacing):
        def source(self, file, text):
            raise LookupError("mine")

    with pytest.raises(LookupError, match=r"^mine$"):
        bundle(project({"convex/a.ts": "export {}"}), transform=Raising("old", "new"))


def test_a_project_without_modules_is_a_bundle_all_the_same(project, evaluate):
    assert (
        evaluate(bundle(project({"convex/readme.md": ""})).code).value("Object.keys(convexProject.modules).length")
        == "0"
    )


def test_the_example_project_is_bundled(npm_packages, evaluate):
    built = bundle(load_layout(npm_packages.parent))
    own = [entry for entry in built.entry_points if entry.environment == "isolate"]
    assert evaluate(built.code).value("Object.keys(convexProject.modules).length") == str(len(own))
