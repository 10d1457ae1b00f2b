from __future__ import annotations

import pytest

from convex_test.project.bundle import bundle
from convex_test.project.rewrite import DYNAMIC_IMPORT_SYMBOL, mark_dynamic_imports, remember_failures
from convex_test.project.source_map import SourceMap

FILES = {
    "convex/a.ts": 'export const run = async () => (await import("./b")).x + (await import("./old.cjs")).default.y;\n',
    "convex/b.ts": "export const x = 1;\n",
    "convex/old.cjs": "exports.y = 2;\n",
}
REFUSE = f"globalThis[Symbol.for('{DYNAMIC_IMPORT_SYMBOL}')] = () => Promise.reject(new Error('refused'));"


def test_a_dynamic_import_works_when_nobody_objects(project, evaluate):
    assert evaluate(bundle(project(FILES)).code).module("a.js", "m.run()") == "3"


def test_a_dynamic_import_can_be_refused(project, evaluate):
    assert evaluate(bundle(project(FILES)).code, REFUSE).module("a.js", "m.run()") == "E: refused"


def test_reaching_a_module_from_outside_is_no_dynamic_import(project, evaluate):
    script = evaluate(bundle(project(FILES)).code, REFUSE)
    assert script.module("b.js", "m.x") == "1"
    assert script.module("old.js", "m.default.y") == "2"


def test_a_bundle_without_dynamic_imports_says_nothing_of_them(project):
    assert "__dynamicImport" not in bundle(project({"convex/b.ts": FILES["convex/b.ts"]})).code


def test_the_source_map_stays_right(project):
    source = 'export const run = async () => { await import("./b"); throw new Error("here"); };\n'
    built = bundle(project({"convex/a.ts": source, "convex/b.ts": "export const x = 1;\n"}))
    lines = built.code.split("\n")
    (number,) = [number for number, line in enumerate(lines, 1) if '"here"' in line]
    found = SourceMap(built.source_map).lookup(number, lines[number - 1].index('"here"') + 1)
    assert found == ("convex/a.ts", 1, source.index('"here"') + 1, None)


def test_code_that_only_looks_like_a_dynamic_import_is_left_alone():
    code = '"use strict";\n  // dist/lib.js\n  Promise.resolve().then(() => (init_x(), x_exports));\n'
    inputs = {"dist/lib.js": {"imports": []}, "entry": {"imports": [{"kind": "dynamic-import"}]}}
    assert mark_dynamic_imports(code, {"inputs": inputs}, "entry") == code


OLD_HELPERS = """\
  var __esm = (fn, res) => function __init() {
    return fn && (res = (0, fn[__getOwnPropNames(fn)[0]])(fn = 0)), res;
  };
  var __commonJS = (cb, mod) => function __require() {
    return mod || (0, cb[__getOwnPropNames(cb)[0]])((mod = { exports: {} }).exports, mod), mod.exports;
  };
"""


@pytest.mark.parametrize("loader", ["__esm", "__commonJS"])
def test_helpers_of_older_versions_learn_to_throw_again(evaluate, loader):
    code = remember_failures("var __getOwnPropNames = Object.getOwnPropertyNames;\n" + OLD_HELPERS)
    assert code.count("\n") == 1 + OLD_HELPERS.count("\n")
    script = evaluate(code + f"var load = {loader}({{'x'() {{ throw new Error('no key'); }}}});")
    assert script.value("load()") == "E: no key"
    assert script.value("load()") == "E: no key"


def test_helpers_of_newer_versions_stay(evaluate):
    code = remember_failures(OLD_HELPERS)
    assert remember_failures(code) == code
