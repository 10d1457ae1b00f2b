"""The bundle of modules with `"use node"`."""

from __future__ import annotations

import json

import pytest

from convex_test.errors import ProjectError
from convex_test.project.bundle import bundle
from convex_test.project.layout import load_layout

NODE = '"use node";\n'


@pytest.fixture
def packaged(write, npm_packages):
    """Bundles a module for Node beside npm packages of one file each; `convex.json` names the `externals`."""

    def make(source, packages=("one", "two"), externals=(), dependencies=None, **more):
        declared = dict.fromkeys(packages, "1.0.0") if dependencies is None else dependencies
        found = {
            "convex/node.ts": NODE + source,
            "convex.json": json.dumps({"node": {"externalPackages": list(externals)}}),
            "package.json": json.dumps({"dependencies": declared}),
        }
        for name in packages:
            manifest = {"name": name, "version": "1.0.0", "main": "index.js"}
            found[f"node_modules/{name}/package.json"] = json.dumps(manifest)
            found[f"node_modules/{name}/index.js"] = f"exports.text = 'text of {name}';"
        root = write(found | more)
        (root / "node_modules" / "convex").symlink_to(npm_packages / "convex", target_is_directory=True)
        return bundle(load_layout(root)).node

    return make


def test_there_is_none_without_modules_for_node(project):
    assert bundle(project({"convex/a.ts": "export const x = 1"})).node is None


def test_it_has_the_modules_that_the_other_one_has_not(project):
    built = bundle(
        project(
            {
                "convex/a.ts": "export const isolate = 'here'",
                "convex/dir/b.ts": NODE + "export const inNode = process.version",
            }
        )
    )
    assert '"dir/b.js"' in built.node.code
    assert '"a.js"' not in built.node.code
    assert "inNode" not in built.code
    assert [(entry.path, entry.environment) for entry in built.entry_points] == [
        ("a.js", "isolate"),
        ("dir/b.js", "node"),
    ]


def test_nodes_own_modules_are_imported_when_it_runs(project):
    code = bundle(
        project({"convex/a.ts": NODE + 'import fs from "fs";\nexport const read = fs.readFileSync'})
    ).node.code
    assert 'import fs from "fs"' in code


def test_node_env_is_production(project):
    code = bundle(project({"convex/a.ts": NODE + "export const mode = process.env.NODE_ENV"})).node.code
    assert '"production"' in code


def test_async_hooks_are_nodes_own(project):
    source = 'import { AsyncLocalStorage } from "async_hooks";\nexport const storage = new AsyncLocalStorage();'
    assert 'from "async_hooks"' in bundle(project({"convex/a.ts": NODE + source})).node.code


def test_webassembly_is_compiled(project):
    module = b"\0asm\x01\0\0\0"
    source = 'import compiled from "./empty.wasm";\nexport const size = compiled;'
    code = bundle(project({"convex/a.ts": NODE + source, "convex/empty.wasm": module})).node.code
    assert "new WebAssembly.Module(" in code
    assert "not supported: WebAssembly" not in code


def test_packages_are_bundled_for_node(packaged):
    exports = {"node": "./node.js", "convex": "./convex.js", "default": "./default.js"}
    kinds = {
        "node_modules/kinds/package.json": json.dumps({"name": "kinds", "exports": exports}),
        **{
            f"node_modules/kinds/{each}.js": f"export const text = 'for {each}'"
            for each in ("node", "convex", "default")
        },
    }
    assert "for node" in packaged('export { text } from "kinds"', **kinds).code


def test_packages_are_bundled_unless_they_are_named(packaged):
    node = packaged('import { text } from "one";\nimport two from "two/index.js";\nexport default [text, two]')

    assert "text of one" in node.code
    assert "text of two" in node.code
    assert node.externals == {}


@pytest.mark.parametrize("externals", [["one"], ["one", "unused"]])
def test_named_packages_are_left_out(packaged, externals):
    node = packaged(
        'import { text } from "one";\nimport two from "two";\nexport default [text, two]', externals=externals
    )

    assert "text of one" not in node.code
    assert "text of two" in node.code
    assert [(name, path.name) for name, path in node.externals.items()] == [("one", "one")]


def test_a_star_names_all_but_convex(packaged):
    source = """import { text } from "one"; import two from "two/index.js"; import { v } from "convex/values";
    export default [text, two, v]"""
    node = packaged(source, externals=["*"], dependencies={"one": "1.0.0", "two": "^1", "convex": "1.48.0"})

    assert list(node.externals) == ["one", "two"]
    assert "convexToJson" in node.code


def test_scoped_packages_are_left_out(packaged):
    node = packaged('export * from "@scope/one/index.js"', packages=["@scope/one"], externals=["@scope/one"])

    assert list(node.externals) == ["@scope/one"]


@pytest.mark.parametrize("version", ["file:../one", "git+ssh://git@example.com/one.git", "https://example.com/one.tgz"])
def test_a_package_that_no_registry_has_is_bundled(packaged, version):
    node = packaged('export * from "one"', externals=["one"], dependencies={"one": version})

    assert "text of one" in node.code


def test_a_package_that_package_json_does_not_name_is_bundled(packaged):
    assert "text of one" in packaged('export * from "one"', externals=["one"], dependencies={}).code


def test_a_version_that_is_no_text(packaged):
    with pytest.raises(ProjectError, match=r'"dependencies\.one" version has type int\.$'):
        packaged('export * from "one"', externals=["one"], dependencies={"one": 1})


def test_it_is_kept(packaged, project, monkeypatch):
    layout = project({"convex/a.ts": NODE + "export const x = 1"})
    first = bundle(layout)

    def started(*_args, **_kwargs):
        raise AssertionError("esbuild was started")

    monkeypatch.setattr("convex_test.project.bundle.build", started)
    again = bundle(layout)

    assert again.node == first.node
