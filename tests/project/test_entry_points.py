from __future__ import annotations

import pytest

from convex_test.errors import ProjectError
from convex_test.project.entry_points import find_entry_points, holds_modules

MODULE = "export const x = 1;\n"


def paths(root):
    return [module.path for module in find_entry_points(root).modules]


@pytest.mark.parametrize("extension", ["js", "mjs", "cjs", "ts", "tsx", "mts", "cts", "jsx"])
def test_each_script_extension_makes_a_module(write, extension):
    assert paths(write({f"a.{extension}": MODULE})) == ["a.js"]


@pytest.mark.parametrize(
    "name",
    [
        "a.css",
        "a.json",
        "a.py",
        "a.TS",
        "a.d.ts",
        "a.test.ts",
        "a.spec.js",
        ".a.ts",
        "#a.ts",
        "_generated/api.js",
        "_generated/deep/api.js",
        "my folder/a.ts",
        "a b.ts",
        "schema.ts",
        "schema.js",
        "deep/schema.ts",
        "auth.config.ts",
        "convex.config.ts",
        "component/convex.config.ts",
        "component/deep/a.ts",
    ],
)
def test_what_is_no_module(write, name):
    assert paths(write({name: MODULE, "component/convex.config.ts": MODULE})) == []


@pytest.mark.parametrize(
    "name", ["deep/_generated/a.ts", "schema.tsx", "schema.mts", "__tests__/a.ts", "node_modules/a.ts", "actions.ts"]
)
def test_what_is_a_module_all_the_same(write, name):
    assert paths(write({name: MODULE})) == [name.rpartition(".")[0] + ".js"]


def test_only_a_typescript_configuration_makes_a_folder_a_component(write):
    assert paths(write({"a/convex.config.js": MODULE, "a/b.ts": MODULE})) == ["a/b.js"]


def test_modules_are_in_the_order_of_code_units_folders_among_files(write):
    root = write(dict.fromkeys(["b.ts", "B.ts", "a/z.ts", "a/c/d.ts", "a1.ts", "_x.ts"], MODULE))
    assert paths(root) == ["B.js", "_x.js", "a/c/d.js", "a/z.js", "a1.js", "b.js"]


@pytest.mark.parametrize(
    "source", ["", "const x = 1;", "// export", "const y = 'x'; export {}", " " * 101 + "export {}"]
)
def test_typescript_without_a_line_that_imports_or_exports_is_no_module(write, source):
    assert paths(write({"a.ts": source, "b.tsx": source})) == []


@pytest.mark.parametrize("source", ["export {}", "  import 'x'", "\ufeffexport {}", "x\rexport {}", "exporting()"])
def test_a_line_that_begins_with_import_or_export_is_enough(write, source):
    assert paths(write({"a.ts": source})) == ["a.js"]


def test_javascript_and_other_flavours_of_typescript_need_no_such_line(write):
    assert paths(write({"a.js": "", "b.mts": "", "c.jsx": ""})) == ["a.js", "b.js", "c.js"]


def test_a_source_that_is_no_utf8_is_read_like_node_does(write):
    assert paths(write({"a.ts": b"export const x = '\xff';"})) == ["a.js"]


def test_symbolic_links_are_no_modules(write):
    root = write({"a.ts": MODULE, "deep/b.ts": MODULE})
    (root / "link.ts").symlink_to(root / "a.ts")
    (root / "linked").symlink_to(root / "deep", target_is_directory=True)
    assert paths(root) == ["a.js", "deep/b.js"]


def test_use_node_makes_a_module_run_in_node(write):
    root = write({"a.ts": '"use node";\nexport {}', "b.ts": "export {}", "actions/c.ts": "'use node';\nexport {}"})
    assert {module.path: module.environment for module in find_entry_points(root).modules} == {
        "a.js": "node",
        "actions/c.js": "node",
        "b.js": "isolate",
    }


def test_special_files_are_found_typescript_first(write):
    root = write({"schema.ts": "", "schema.js": "", "auth.config.js": "", "convex.config.ts": "", "http.ts": MODULE})
    found = find_entry_points(root)
    assert [(entry.path, entry.file.name) for entry in found.special] == [
        ("schema.js", "schema.ts"),
        ("auth.config.js", "auth.config.js"),
        ("convex.config.js", "convex.config.ts"),
    ]
    assert [module.path for module in found.modules] == ["http.js"]


def test_a_router_in_the_wrong_file_is_warned_about(write):
    root = write({"https.ts": 'import { httpRouter } from "convex/server";', "deep/https.ts": "export {}"})
    (warning,) = find_entry_points(root).warnings
    assert warning == (
        f"Found {root / 'https.ts'}. HTTP action routes will not be imported from this file. "
        "Did you mean to include http.ts?"
    )


def error_of(root):
    with pytest.raises(ProjectError) as caught:
        find_entry_points(root)
    return str(caught.value)


@pytest.mark.parametrize("name", ["http.ts", "crons.js", "schema.mts"])
def test_use_node_is_refused_where_the_runtime_is_fixed(write, name):
    assert error_of(write({name: '"use node";\nexport {}'})) == f'"use node" directive is not allowed for {name}.'


def test_the_folder_actions_demands_the_directive(write):
    assert error_of(write({"actions/a.ts": MODULE})) == (
        'actions/a.ts is in /actions subfolder but has no "use node"; directive. You can now define actions in any '
        'folder and indicate they should run in node by adding "use node" directive. /actions is a deprecated way to '
        'choose Node.js environment, and we require "use node" for all files within that folder to avoid unexpected '
        "errors during the migration. See https://docs.convex.dev/functions/actions for more details"
    )


def test_the_folder_for_chunks_is_reserved(write):
    root = write({"_deps/a.txt": ""})
    assert error_of(root) == (
        f'The path "{root / "_deps" / "a.txt"}" is within the "_deps" directory, which is reserved for dependencies. '
        "Please move your code to another directory."
    )


def test_paths_the_backend_refuses_are_all_listed(write):
    long = "x" * 62
    root = write({f"{name}.ts": MODULE for name in ("my-file", f"deep/{long}", "_/a", "größe")})
    refused = "is not a valid path to a Convex module. Path component"
    assert error_of(root) == (
        f"{root / '_' / 'a.ts'}: _/a.js {refused} _ must have at least one alphanumeric character.\n"
        f"{root / 'deep' / (long + '.ts')}: deep/{long}.js {refused} is too long (65 > maximum 64): {long}.j...\n"
        f"{root / 'größe.ts'}: größe.js {refused} größe.js "
        "can only contain alphanumeric characters, underscores, or periods.\n"
        f"{root / 'my-file.ts'}: my-file.js {refused} my-file.js "
        "can only contain alphanumeric characters, underscores, or periods.\n"
        "Rename what cannot be deployed, or move it out of app/."
    )


def test_two_files_for_one_module_are_refused(write):
    root = write({"a.js": MODULE, "a.ts": MODULE})
    assert error_of(root) == (
        "Two output files share the same path but have different contents: out/a.js\n"
        f"Both {root / 'a.js'} and {root / 'a.ts'} are the module a.js: rename one of them."
    )


def test_two_files_for_the_auth_configuration_are_refused(write):
    root = write({"auth.config.js": "", "auth.config.ts": ""})
    assert error_of(root) == f"Found both {root / 'auth.config.js'} and {root / 'auth.config.ts'}, choose one."


def test_more_modules_than_can_be_deployed_are_refused(write):
    assert error_of(write({f"m{number}.js": "" for number in range(4097)})) == (
        'Too many function files (4097 > maximum 4096) in "convex/". See our docs '
        "(https://docs.convex.dev/using/writing-convex-functions#using-libraries) for more details."
    )


def test_a_folder_that_is_not_there_is_a_project_error(tmp_path):
    assert error_of(tmp_path / "no") == f"Cannot read {tmp_path / 'no'}: No such file or directory"


def test_a_folder_with_python_holds_no_modules(write):
    assert not holds_modules(write({"__init__.py": "", "deep/x.py": "", "_convex.abi3.so": ""}))


@pytest.mark.parametrize("name", ["schema.ts", "deep/a.js"])
def test_a_schema_or_a_module_at_any_depth_is_enough(write, name):
    assert holds_modules(write({name: MODULE}))
