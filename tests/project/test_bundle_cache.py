from __future__ import annotations

import os
from pathlib import Path

import platformdirs
import pytest

from convex_test.project import bundle as bundle_module
from convex_test.project.bundle import bundle
from convex_test.project.cache import FOLDER_VARIABLE, RECORDS_PER_PROJECT, BundleCache, Record, cache_folder

FILES = {
    "convex/a.ts": 'import { x } from "../lib/b";\nexport const a = x;\n',
    "lib/b.ts": "export const x = 1;\n",
    "convex/tsconfig.json": '{"extends": "../base.json"}',
    "base.json": "{}",
    "package.json": "{}",
}


def age(root):
    """Make the files older than the build, as sources are in life."""
    for folder, _, names in os.walk(root):
        for name in names:
            os.utime(Path(folder, name), (1, 1))


@pytest.fixture
def layout(project):
    layout = project(FILES)
    age(layout.root)
    return layout


@pytest.fixture
def builds(monkeypatch):
    """The builds that esbuild was started for."""
    started = []
    real = bundle_module.build

    def counted(*args, **kwargs):
        started.append(args)
        return real(*args, **kwargs)

    monkeypatch.setattr(bundle_module, "build", counted)
    return started


def test_an_unchanged_project_is_built_once(layout, builds):
    assert bundle(layout) == bundle(layout)
    assert len(builds) == 1


def test_a_kept_bundle_starts_no_process(layout, monkeypatch):
    bundle(layout)
    monkeypatch.setattr("subprocess.Popen", None)
    assert "convex/a.ts" in bundle(layout).code


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("convex/a.ts", "export const a = 2;\n"),
        ("lib/b.ts", "export const x = 2;\n"),
        ("lib/b.tsx", "export const x = 2;\n"),
        ("lib/b/index.ts", "export const x = 2;\n"),
        ("convex/new.ts", "export const a = 2;\n"),
        ("convex/data.json", "{}"),
        ("convex/_generated/api.js", "export {}"),
        ("base.json", '{"compilerOptions": {}}'),
        ("tsconfig.json", "{}"),
        ("convex/package.json", "{}"),
        ("package.json", '{"sideEffects": false}'),
        ("package-lock.json", "{}"),
        ("convex.json", '{"node": {}}'),
    ],
)
def test_what_can_change_the_bundle_makes_it_built_again(project, builds, name, text):
    layout = project(FILES)
    age(layout.root)
    bundle(layout)
    bundle(project({name: text}))
    assert len(builds) == 2


@pytest.mark.parametrize("name", ["README.md", "tests/test_a.py", "lib/notes.md"])
def test_other_files_do_not(project, builds, name):
    layout = project(FILES)
    age(layout.root)
    bundle(layout)
    bundle(project({name: "new"}))
    assert len(builds) == 1


def test_a_change_that_keeps_size_and_time_is_noticed(layout, builds, evaluate):
    bundle(layout)
    (layout.root / "lib" / "b.ts").write_text("export const x = 7;\n")
    age(layout.root)
    assert evaluate(bundle(layout).code).module("a.js", "m.a") == "7"


def test_going_back_to_an_earlier_state_is_right(layout, evaluate):
    file = layout.root / "lib" / "b.ts"
    for value in (1, 2, 1):
        file.write_text(f"export const x = {value};\n")
        age(layout.root)
        assert evaluate(bundle(layout).code).module("a.js", "m.a") == str(value)


def test_a_file_that_changed_during_the_build_is_not_kept(layout, builds):
    os.utime(layout.root / "lib" / "b.ts", (2**33, 2**33))
    bundle(layout)
    bundle(layout)
    assert len(builds) == 2


def test_errors_are_not_kept(project, builds):
    layout = project({"convex/a.ts": 'import "./b";\nexport {};'})
    with pytest.raises(Exception, match="Could not resolve"):
        bundle(layout)
    bundle(project({"convex/b.ts": "export {};"}))
    assert len(builds) == 2


@pytest.mark.parametrize("damage", [b"", b"x", b"convex-test bundle 2\n"])
def test_a_damaged_record_is_built_again(layout, builds, own_cache, damage):
    bundle(layout)
    (record,) = [path for path in own_cache.rglob("*") if path.is_file()]
    record.write_bytes(damage)
    assert "convex/a.ts" in bundle(layout).code
    assert bundle(layout).code
    assert len(builds) == 2


def test_a_flipped_bit_is_noticed(layout, builds, own_cache):
    bundle(layout)
    (record,) = [path for path in own_cache.rglob("*") if path.is_file()]
    content = bytearray(record.read_bytes())
    content[len(content) // 2] ^= 1
    record.write_bytes(content)
    bundle(layout)
    assert len(builds) == 2


def test_without_a_usable_folder_nothing_is_kept(layout, builds, tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv(FOLDER_VARIABLE, str(blocked))
    assert bundle(layout) == bundle(layout)
    assert len(builds) == 2


def test_a_folder_that_cannot_be_written_to_is_read(layout, builds, own_cache, monkeypatch):
    bundle(layout)

    def refuse(*_args, **_kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    monkeypatch.setattr("os.utime", refuse)
    bundle(layout)
    (layout.functions_dir / "a.ts").write_text("export const a = 3;\n")
    assert "a = 3" in bundle(layout).code
    assert len(builds) == 2


def record(text=b"code"):
    return Record(text, b"map", ("convex/a.ts",), {"convex/a.ts": "1"}, ("careful",))


def test_a_record_comes_back_as_it_was(tmp_path):
    cache = BundleCache(tmp_path / "p")
    cache.store("key", record())
    assert cache.load("key") == record()
    assert cache.load("other") is None


def test_the_records_used_last_are_kept(tmp_path):
    cache = BundleCache(tmp_path / "p")
    for number in range(RECORDS_PER_PROJECT):
        cache.store(f"key{number}", record())
        os.utime(cache.folder / f"key{number}", (number + 1, number + 1))
    cache.touch("key0")
    cache.store("new", record())
    assert cache.load("key0") is not None
    assert cache.load("key1") is None
    assert len(list(cache.folder.iterdir())) == RECORDS_PER_PROJECT


def test_no_temporary_file_stays(tmp_path):
    cache = BundleCache(tmp_path / "p")
    cache.store("key", record())
    assert [path.name for path in cache.folder.iterdir()] == ["key"]


def test_projects_do_not_share_records(tmp_path):
    assert BundleCache.of_project(tmp_path / "a").folder != BundleCache.of_project(tmp_path / "b").folder


def test_the_folder_is_the_users_cache_unless_told(monkeypatch):
    monkeypatch.delenv(FOLDER_VARIABLE)
    assert cache_folder() == Path(platformdirs.user_cache_dir("convex-test", appauthor=False))
