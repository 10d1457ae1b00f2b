from __future__ import annotations

import platform
import shutil
import sys

import pytest

from convex_test.errors import ProjectError
from convex_test.project.bundle import bundle
from convex_test.project.esbuild import BINARY_VARIABLE, Esbuild, find_esbuild, platform_packages
from convex_test.project.layout import load_layout


@pytest.fixture
def linux(monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")


def package(name, version):
    return {f"{name}/package.json": f'{{"version": "{version}"}}'}


def esbuild_packages(folder, version, binary="linux-x64/bin/esbuild"):
    return {
        **package(f"{folder}/esbuild", version),
        **package(f"{folder}/@esbuild/{binary.partition('/')[0]}", version),
        f"{folder}/@esbuild/{binary}": "",
    }


@pytest.mark.parametrize(
    ("system", "machine", "names"),
    [
        ("linux", "x86_64", ["linux-x64"]),
        ("linux", "aarch64", ["linux-arm64"]),
        ("linux", "armv7l", ["linux-arm"]),
        ("linux", "riscv64", ["linux-riscv64"]),
        ("darwin", "arm64", ["darwin-arm64", "darwin-x64"]),
        ("darwin", "x86_64", ["darwin-x64", "darwin-arm64"]),
        ("win32", "AMD64", ["win32-x64", "win32-arm64"]),
        ("win32", "ARM64", ["win32-arm64", "win32-x64"]),
        ("freebsd14", "amd64", ["freebsd-x64"]),
    ],
)
def test_platforms_have_the_names_npm_gives_them(monkeypatch, system, machine, names):
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    assert platform_packages() == names


@pytest.mark.usefixtures("linux")
def test_the_copy_nested_in_convex_wins(write):
    root = write(
        {
            **package("node_modules/convex", "1.48.0"),
            **esbuild_packages("node_modules/convex/node_modules", "0.27.0"),
            **esbuild_packages("node_modules", "0.28.2"),
        }
    )
    convex = root / "node_modules" / "convex"
    assert find_esbuild(convex) == Esbuild(
        convex / "node_modules" / "@esbuild" / "linux-x64" / "bin" / "esbuild", "0.27.0"
    )


@pytest.mark.usefixtures("linux")
def test_a_hoisted_copy_is_found(write):
    root = write({**package("node_modules/convex", "1.48.0"), **esbuild_packages("node_modules", "0.27.0")})
    assert find_esbuild(root / "node_modules" / "convex").known_version == "0.27.0"


@pytest.mark.usefixtures("linux")
def test_pnpm_links_are_followed(write):
    store = "node_modules/.pnpm"
    root = write(
        {
            **package(f"{store}/convex@1.48.0/node_modules/convex", "1.48.0"),
            **esbuild_packages(f"{store}/esbuild@0.27.0/node_modules", "0.27.0"),
            **esbuild_packages(f"{store}/esbuild@0.28.2/node_modules", "0.28.2"),
        }
    )
    pnpm = root / "node_modules" / ".pnpm"
    (pnpm / "convex@1.48.0" / "node_modules" / "esbuild").symlink_to(
        pnpm / "esbuild@0.27.0" / "node_modules" / "esbuild", target_is_directory=True
    )
    (root / "node_modules" / "convex").symlink_to(
        pnpm / "convex@1.48.0" / "node_modules" / "convex", target_is_directory=True
    )
    found = find_esbuild(root / "node_modules" / "convex")
    assert found.path == pnpm / "esbuild@0.27.0" / "node_modules" / "@esbuild" / "linux-x64" / "bin" / "esbuild"
    assert found.version == "0.27.0"


def test_on_windows_the_binary_is_at_the_root_of_its_package(write, monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(platform, "machine", lambda: "AMD64")
    root = write(
        {
            **package("node_modules/convex", "1.48.0"),
            **esbuild_packages("node_modules", "0.27.0", "win32-x64/esbuild.exe"),
        }
    )
    assert find_esbuild(root / "node_modules" / "convex").path.name == "esbuild.exe"


@pytest.mark.usefixtures("linux")
def test_a_binary_that_the_install_script_downloaded_is_found(write):
    downloaded = "node_modules/esbuild/lib/downloaded-@esbuild-linux-x64-esbuild"
    root = write(
        {**package("node_modules/convex", "1.48.0"), **package("node_modules/esbuild", "0.27.0"), downloaded: ""}
    )
    assert find_esbuild(root / "node_modules" / "convex") == Esbuild(root / downloaded, "0.27.0")


@pytest.mark.usefixtures("linux")
def test_no_esbuild_at_all(write):
    convex = write(package("node_modules/convex", "1.48.0")) / "node_modules" / "convex"
    with pytest.raises(ProjectError) as caught:
        find_esbuild(convex)
    assert str(caught.value) == (
        "No esbuild binary for this platform: the npm package @esbuild/linux-x64 is not installed.\n"
        f"Looked for the npm package esbuild from {convex} upwards.\n"
        "Install the packages again on this machine, without --omit=optional, or set the environment variable "
        "ESBUILD_BINARY_PATH to an esbuild binary."
    )


@pytest.mark.usefixtures("linux")
def test_packages_of_another_platform(write):
    root = write(
        {
            **package("node_modules/convex", "1.48.0"),
            **esbuild_packages("node_modules", "0.27.0", "darwin-arm64/bin/esbuild"),
        }
    )
    with pytest.raises(ProjectError) as caught:
        find_esbuild(root / "node_modules" / "convex")
    assert str(caught.value) == (
        "No esbuild binary for this platform: the npm package @esbuild/linux-x64 is not installed.\n"
        f"Looked from {root / 'node_modules' / 'esbuild'} upwards.\n"
        "Found @esbuild/darwin-arm64: node_modules was installed on another platform.\n"
        "Install the packages again on this machine, without --omit=optional, or set the environment variable "
        "ESBUILD_BINARY_PATH to an esbuild binary."
    )


def test_the_environment_variable_wins(write, npm_packages, monkeypatch):
    real = find_esbuild(npm_packages / "convex")
    convex = write(package("node_modules/convex", "1.48.0")) / "node_modules" / "convex"
    monkeypatch.setenv(BINARY_VARIABLE, str(real.path))
    found = find_esbuild(convex)
    assert found.path == real.path
    assert found.version == real.version


def test_the_environment_variable_may_be_wrong(tmp_path, monkeypatch):
    missing = tmp_path / "esbuild"
    monkeypatch.setenv(BINARY_VARIABLE, str(missing))
    with pytest.raises(ProjectError) as caught:
        find_esbuild(tmp_path)
    assert str(caught.value) == (
        f"The environment variable ESBUILD_BINARY_PATH names {missing}, which is no file.\n"
        "Correct it, or unset it to use the esbuild in node_modules."
    )


def test_a_real_project_in_pnpm_layout_is_bundled(write, npm_packages):
    root = write({"convex/a.ts": 'import { v } from "convex/values"; export const kind = v.string().kind;\n'})
    real = find_esbuild(npm_packages / "convex")
    pnpm = root / "node_modules" / ".pnpm"
    convex = pnpm / "convex@1" / "node_modules" / "convex"
    shutil.copytree(npm_packages / "convex" / "dist" / "esm", convex / "dist" / "esm")
    shutil.copy(npm_packages / "convex" / "package.json", convex)
    (root / "node_modules" / "convex").symlink_to(convex, target_is_directory=True)
    binary = pnpm / "esbuild@0" / "node_modules" / "@esbuild" / platform_packages()[0] / "bin" / "esbuild"
    binary.parent.mkdir(parents=True)
    binary.symlink_to(real.path)
    (binary.parents[1] / "package.json").write_text(f'{{"version": "{real.version}"}}')
    (pnpm / "esbuild@0" / "node_modules" / "esbuild").mkdir()
    (convex.parent / "esbuild").symlink_to(pnpm / "esbuild@0" / "node_modules" / "esbuild", target_is_directory=True)
    layout = load_layout(root)
    assert layout.esbuild.path == binary
    assert "convex/a.ts" in bundle(layout).code
