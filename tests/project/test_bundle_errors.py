from __future__ import annotations

import pytest

from convex_test.errors import ProjectError
from convex_test.project.bundle import bundle
from convex_test.project.bundle_errors import describe
from convex_test.project.esbuild_build import Message
from convex_test.project.layout import load_layout


def error_of(layout):
    with pytest.raises(ProjectError) as caught:
        bundle(layout)
    return str(caught.value)


def head(layout, count):
    return f"The functions in {layout.functions_dir} cannot be bundled: {count}."


def test_a_syntax_error(project):
    layout = project({"convex/a.ts": "export const a = 1;\nexport const b x = 1;\n"})
    assert error_of(layout) == (
        f"{head(layout, '1 error')}\n\n"
        'convex/a.ts:2:16: Expected ";" but found "x"\n'
        "    2 │ export const b x = 1;\n"
        "      │                ^"
    )


def test_an_import_of_a_file_that_is_not_there(project):
    layout = project({"convex/deep/a.ts": 'import { x } from "../nope";\nexport const a = x;\n'})
    assert error_of(layout) == (
        f"{head(layout, '1 error')}\n\n"
        'convex/deep/a.ts:1:19: Could not resolve "../nope"\n'
        '    1 │ import { x } from "../nope";\n'
        "      │                   ^"
    )


def test_an_import_of_a_name_that_is_not_exported(project):
    layout = project(
        {"convex/a.ts": 'import { x } from "./b";\nexport const a = x;', "convex/b.ts": "export const y = 1;"}
    )
    assert error_of(layout) == (
        f"{head(layout, '1 error')}\n\n"
        'convex/a.ts:1:10: No matching export in "convex/b.ts" for import "x"\n'
        '    1 │ import { x } from "./b";\n'
        "      │          ^"
    )


def test_all_errors_are_listed(project):
    layout = project({f"convex/{name}.ts": f'import "./no_{name}";\nexport {{}};' for name in "abc"})
    text = error_of(layout)
    assert text.startswith(head(layout, "3 errors"))
    assert [f"convex/{name}.ts:1:8: Could not resolve" in text for name in "abc"] == [True] * 3


@pytest.mark.parametrize("module", ["fs", "node:fs/promises"])
def test_a_node_builtin_gets_convex_advice(project, module):
    layout = project({"convex/a.ts": f'import fs from "{module}";\nexport const x = fs;\n'})
    assert error_of(layout) == (
        f"{head(layout, '1 error')}\n\n"
        f'convex/a.ts:1:16: Could not resolve "{module}"\n'
        f'    1 │ import fs from "{module}";\n'
        "      │                ^\n\n"
        'It looks like you are using Node APIs from a file without the "use node" directive.\n'
        "Split out actions using Node.js APIs like this into a new file only containing actions that uses "
        '"use node" so these actions will run in a Node.js environment.\n'
        "For more information see https://docs.convex.dev/functions/runtimes#nodejs-runtime"
    )


@pytest.mark.parametrize(
    ("files", "imported", "command"),
    [
        ({"package.json": "{}"}, "zodd/v4", "npm install zodd"),
        ({}, "@scope/zodd/v4", "npm install @scope/zodd"),
        ({"pnpm-lock.yaml": ""}, "zodd", "pnpm add zodd"),
        ({"package.json": '{"dependencies": {"zodd": "1"}}'}, "zodd", "npm install"),
        ({"package.json": '{"devDependencies": {"zodd": "1"}}', "yarn.lock": ""}, "zodd", "yarn install"),
    ],
)
def test_a_package_that_is_not_installed(project, files, imported, command):
    layout = project({"convex/a.ts": f'export * from "{imported}";\n', **files})
    package = imported.removesuffix("/v4")
    assert error_of(layout) == (
        f"{head(layout, '1 error')}\n\n"
        f'convex/a.ts:1:15: Could not resolve "{imported}"\n'
        f'    1 │ export * from "{imported}";\n'
        "      │               ^\n\n"
        f"The npm package {package} is not installed. Run `{command}` in {layout.root}."
    )


def test_a_package_of_the_workspace_that_is_not_built(write, npm_packages):
    root = write({"convex/a.ts": 'export * from "@scope/kit";\n', "packages/kit/package.json": "{}"})
    (root / "node_modules" / "@scope").mkdir(parents=True)
    for package in npm_packages.iterdir():
        (root / "node_modules" / package.name).symlink_to(package, target_is_directory=True)
    link = root / "node_modules" / "@scope" / "kit"
    link.symlink_to("../../packages/kit/dist", target_is_directory=True)
    text = error_of(load_layout(root))
    assert text.endswith(f"\n\n{link} is a link to {link.readlink()}, which does not exist: build that package first.")


@pytest.mark.parametrize("imported", ["@/lib/x", "~/x", "#x", "/x", "convex/nothing"])
def test_what_is_no_missing_package_gets_no_advice_to_install(project, imported):
    layout = project({"convex/a.ts": f'export * from "{imported}";\n'})
    assert "is not installed" not in error_of(layout)


def test_types_that_are_imported_as_values(project):
    layout = project({"convex/a.ts": 'export * from "./_generated/dataModel";\n'})
    assert error_of(layout) == (
        f"{head(layout, '1 error')}\n\n"
        'convex/a.ts:1:15: Could not resolve "./_generated/dataModel"\n'
        '    1 │ export * from "./_generated/dataModel";\n'
        "      │               ^\n\n"
        "_generated/dataModel holds types only and does not exist at run time: import from it with `import type`."
    )


def test_an_alias_that_does_not_lead_to_the_functions(project):
    files = {
        "convex/a.ts": 'export * from "@x/_generated/api";',
        "tsconfig.json": '{"compilerOptions": {"paths": {"@x/*": ["./other/*"]}}}',
    }
    assert 'Could not resolve "@x/_generated/api"' in error_of(project(files))


def test_top_level_await(project):
    layout = project({"convex/a.ts": "export const x = await fetch('x');\n"})
    assert error_of(layout) == (
        f"{head(layout, '1 error')}\n\n"
        'convex/a.ts:1:18: Top-level await is currently not supported with the "iife" output format\n'
        "    1 │ export const x = await fetch('x');\n"
        "      │                  ^\n\n"
        "Convex does not deploy it either: Top-level awaits in source files are unsupported"
    )


def test_a_webassembly_file_that_is_not_there(project):
    layout = project({"convex/a.ts": 'import "./x.wasm";\nexport {};'})
    assert error_of(layout) == (
        f"{head(layout, '1 error')}\n\n"
        f"convex/a.ts:1:8: ENOENT: no such file or directory, open '{layout.functions_dir / 'x.wasm'}'\n"
        '    1 │ import "./x.wasm";\n'
        "      │        ^"
    )


def test_the_caret_counts_characters_and_keeps_tabs():
    message = Message("wrong", "convex/a.ts", 12, len("\té = ".encode()), "\té = ?")
    assert describe(message) == "convex/a.ts:12:6: wrong\n    12 │ \té = ?\n       │ \t    ^"


def test_of_an_overlong_line_the_part_around_the_error_is_shown():
    message = Message("wrong", "node_modules/x/min.js", 1, 5000, "a" * 5000 + "?" + "b" * 5000)
    _, line, caret = describe(message).split("\n")
    assert len(line) == 128
    assert line[caret.index("^")] == "?"


def test_notes_are_shown_unless_they_advise_on_the_bundler():
    message = Message("wrong", notes=('The path "./x" is not exported', 'You can mark the path "x" as external', ""))
    assert describe(message) == 'wrong\n    The path "./x" is not exported\n    '
