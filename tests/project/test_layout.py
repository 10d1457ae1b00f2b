from __future__ import annotations

import pytest

from convex_test.errors import ProjectError
from convex_test.project.discover import HOW_TO_CONFIGURE
from convex_test.project.layout import install_command, load_layout

MODULE = "export const x = 1;\n"


def error_of(root):
    with pytest.raises(ProjectError) as caught:
        load_layout(root)
    return str(caught.value)


def test_the_parts_of_a_project_are_found(project, npm_packages):
    layout = project({"convex/a.ts": MODULE})
    assert layout.functions_dir == layout.root / "convex"
    assert layout.convex_package.resolve() == npm_packages / "convex"
    assert layout.convex_version.count(".") == 2
    assert layout.esbuild.path.is_file()


def test_the_functions_may_be_elsewhere(project):
    layout = project({"convex.json": '{"functions": "server/fns/"}', "server/fns/a.ts": MODULE})
    assert layout.functions_dir == layout.root / "server" / "fns"


def test_packages_may_be_installed_above_as_in_workspaces(write, npm_packages):
    root = write({"apps/web/convex/a.ts": MODULE})
    (root / "node_modules").symlink_to(npm_packages, target_is_directory=True)
    assert load_layout(root / "apps" / "web").convex_package == root / "node_modules" / "convex"


def test_a_root_that_does_not_exist(tmp_path):
    root = tmp_path.resolve() / "no"
    assert error_of(root) == f"The project folder {root} does not exist.\n{HOW_TO_CONFIGURE}"


def test_a_root_that_is_a_file(write):
    root = write({"x.txt": ""}) / "x.txt"
    assert error_of(root) == f"The project folder {root} is a file.\n{HOW_TO_CONFIGURE}"


def test_no_functions_folder(write):
    root = write({})
    assert error_of(root) == (
        f"The project {root} has no functions folder: {root / 'convex'} does not exist, and {root / 'convex.json'} "
        f"does not name another folder.\n{HOW_TO_CONFIGURE}"
    )


def test_a_configured_functions_folder_that_does_not_exist(write):
    root = write({"convex.json": '{"functions": "backend/"}'})
    assert error_of(root) == (
        f"The project {root} has no functions folder: {root / 'backend'} does not exist, and `functions` in "
        f"{root / 'convex.json'} is 'backend/'.\n{HOW_TO_CONFIGURE}"
    )


@pytest.mark.parametrize(
    ("lock", "command"),
    [
        ("package-lock.json", "npm install"),
        ("pnpm-lock.yaml", "pnpm install"),
        ("yarn.lock", "yarn install"),
        ("bun.lock", "bun install"),
        ("README.md", "npm install"),
    ],
)
def test_packages_not_installed(write, lock, command):
    root = write({"convex/a.ts": MODULE, lock: ""})
    assert error_of(root) == (
        f"The packages of {root} are not installed: no node_modules there or above.\nRun `{command}` in {root}."
    )


def test_the_lock_file_of_a_workspace_counts(write):
    root = write({"pnpm-lock.yaml": "", "apps/web/x": ""})
    assert install_command(root / "apps" / "web") == "pnpm install"


@pytest.mark.parametrize(
    ("lock", "install", "add"),
    [
        ("package-lock.json", "npm install", "npm install convex"),
        ("pnpm-lock.yaml", "pnpm install", "pnpm add convex"),
        ("yarn.lock", "yarn install", "yarn add convex"),
    ],
)
def test_packages_without_convex(write, lock, install, add):
    root = write({"convex/a.ts": MODULE, "node_modules/react/package.json": "{}", lock: ""})
    assert error_of(root) == (
        "The npm package convex is not installed. Looked in\n"
        f"    {root / 'node_modules'}\n"
        f"Run `{install}` in {root}, or `{add}` when package.json does not name it."
    )


def test_plug_and_play_is_not_supported(write):
    root = write({"convex/a.ts": MODULE, ".pnp.cjs": "", "yarn.lock": ""})
    assert error_of(root) == (
        f"The packages of {root} are installed by Yarn Plug'n'Play ({root / '.pnp.cjs'}), which is not supported.\n"
        "Put `nodeLinker: node-modules` into .yarnrc.yml and run `yarn install`."
    )


def test_a_damaged_package(write):
    root = write({"convex/a.ts": MODULE, "node_modules/convex/package.json": "{}"})
    assert error_of(root) == (
        f"{root / 'node_modules' / 'convex' / 'package.json'} is damaged: KeyError('version')\n"
        "Install the packages again."
    )


@pytest.mark.parametrize("version", ["0.19.1", "1.3.1", "1.8.0", "1.9.0-alpha.1"])
@pytest.mark.parametrize(
    ("lock", "update"),
    [("package-lock.json", "npm install convex@latest"), ("pnpm-lock.yaml", "pnpm add convex@latest")],
)
def test_a_package_that_is_too_old(write, version, lock, update):
    root = write(
        {"convex/a.ts": MODULE, lock: "", "node_modules/convex/package.json": f'{{"version": "{version}"}}'},
    )
    assert error_of(root) == (
        f"The npm package convex {version} in {root / 'node_modules' / 'convex'} is too old: "
        f"convex-test needs 1.9.0 or newer.\nRun `{update}` in {root}."
    )


@pytest.mark.parametrize("version", ["1.9.0", "1.10.0-alpha.3", "1.48.0", "2.0.0"])
def test_a_package_that_is_new_enough(write, npm_packages, version):
    root = write({"convex/a.ts": MODULE, "node_modules/convex/package.json": f'{{"version": "{version}"}}'})
    (root / "node_modules" / "esbuild").symlink_to(npm_packages / "esbuild", target_is_directory=True)
    assert load_layout(root).convex_version == version


def test_a_package_with_a_version_that_is_none(write):
    root = write({"convex/a.ts": MODULE, "node_modules/convex/package.json": '{"version": "latest"}'})
    assert error_of(root) == (
        f"{root / 'node_modules' / 'convex' / 'package.json'} is damaged: the version is 'latest'\n"
        "Install the packages again."
    )
