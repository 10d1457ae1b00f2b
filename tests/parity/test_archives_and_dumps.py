"""`t.dump`, and what it writes loaded again: archives as `npx convex export` writes them, and files of one table."""

from __future__ import annotations

import json
import math
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convex_test import ConvexInt64, SchemaValidationError, UsageError, js
from tests.parity.users_and_notes import SOURCES, load_fails, rows, state

FILES = SOURCES


# Archives


EVERYTHING = {
    "int64": ConvexInt64(-(2**63)),
    "float": 1.5,
    "integral": 3,
    "negative zero": -0.0,
    "infinity": -math.inf,
    "nan": math.nan,
    "bytes": b"\x00\xff",
    "null": None,
    "nested": [{"a": [ConvexInt64(1), 1, True, "é\0"]}],
}


def test_an_archive_keeps_every_value(t, other, tmp_path):
    t.load({"free": [EVERYTHING, {}], "users": [{"name": "Tom"}]})
    t.dump(tmp_path / "s.zip")
    assert other.load(tmp_path / "s.zip") == 3
    assert repr(state(other)) == repr(state(t))
    assert type(rows(other, "free")[0]["int64"]) is ConvexInt64


def test_an_archive_is_laid_out_as_an_export(t, tmp_path):
    t.load({"users": [{"name": "Tom", "_creationTime": 5}]})
    t.dump(tmp_path / "s.zip")
    user = rows(t, "users")[0]["_id"]
    with zipfile.ZipFile(tmp_path / "s.zip") as archive:
        assert archive.namelist() == [
            "README.md",
            "_tables/documents.jsonl",
            "anything/documents.jsonl",
            "anything/generated_schema.jsonl",
            "notes/documents.jsonl",
            "notes/generated_schema.jsonl",
            "users/documents.jsonl",
            "users/generated_schema.jsonl",
        ]
        assert [json.loads(line) for line in archive.read("_tables/documents.jsonl").splitlines()] == [
            {"id": 10001, "name": "anything"},
            {"id": 10002, "name": "notes"},
            {"id": 10003, "name": "users"},
        ]
        assert archive.read("users/documents.jsonl").decode() == (
            f'{{"_creationTime":5.0,"_id":"{user}","name":"Tom"}}\n'
        )
        assert archive.read("users/generated_schema.jsonl") == b'"uniform"\n'


def test_a_component_that_is_not_mounted_is_refused(t, tmp_path):
    with zipfile.ZipFile(tmp_path / "s.zip", "w") as archive:
        archive.writestr("users/documents.jsonl", '{"name":"Tom"}\n')
        archive.writestr("_components/counter/counts/documents.jsonl", "{}\n")
    assert "not supported: tables of the component 'counter', which is not mounted" in load_fails(t, tmp_path / "s.zip")


def test_a_number_that_an_archive_claims_may_be_taken(t, tmp_path):
    with zipfile.ZipFile(tmp_path / "s.zip", "w") as archive:
        archive.writestr("_tables/documents.jsonl", '{"id":10001,"name":"users"}\n')
        archive.writestr("users/documents.jsonl", '{"name":"Tom"}\n')
    text = load_fails(t, tmp_path / "s.zip")
    assert (
        "New table `users` has IDs that conflict with existing table `anything`. To delete all existing tables, import "
        "with `npx convex import --replace-all`.\n"
    ) in text
    t.load(tmp_path / "s.zip", mode="replace_all")
    t.load({"anything": [{}]}, mode="append")
    assert t.query("users:names") == ["Tom"]


def test_a_line_in_an_archive_is_named(t, tmp_path):
    with zipfile.ZipFile(tmp_path / "s.zip", "w") as archive:
        archive.writestr("free/documents.jsonl", "{}\n")
        archive.writestr("users/documents.jsonl", '{"name":"Tom"}\n{"name":[]}\n')
    text = load_fails(t, tmp_path / "s.zip", error=SchemaValidationError)
    assert '    at s.zip: users/documents.jsonl, line 2 (table "users"): {name: []}\n' in text


def test_an_archive_names_its_tables(t, files):
    assert load_fails(t, files("s.zip", b"PK"), table="users") == (
        "t.load('s.zip', table='users'): an archive names its tables: leave out `table`."
    )


# Dumps of one table


@pytest.mark.parametrize("suffix", ["jsonl", "json", "csv", "zip"])
def test_what_is_dumped_can_be_loaded(t, other, tmp_path, suffix):
    t.load({"users": [{"name": "Tom"}, {"name": "Ann", "nick": 'A,\n"B'}]})
    t.dump(tmp_path / f"users.{suffix}")
    other.load(tmp_path / f"users.{suffix}")
    assert state(other) == state(t)


SCALARS = (
    st.none()
    | st.booleans()
    | st.floats()
    | st.integers(-(2**53), 2**53)
    | st.integers(-(2**63), 2**63 - 1).map(ConvexInt64)
    | st.binary(max_size=4)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner), max_leaves=6
)


@given(
    data=st.fixed_dictionaries(
        {table: st.lists(st.dictionaries(st.sampled_from("xyz"), VALUES), max_size=3) for table in ("free", "anything")}
    )
)
def test_every_state_comes_back_from_an_archive(project, tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "state.zip"
    with project.test(seed=1) as t, project.test(seed=2) as other:
        t.load(data)
        t.dump(path)
        other.load(path)
        assert repr(state(other)) == repr(state(t))
        other.dump(path.with_name("again.zip"))
    assert path.with_name("again.zip").read_bytes() == path.read_bytes()


def test_a_dump_that_fails_leaves_the_file_as_it_was(t, files):
    path = files("free.jsonl", "before")
    t.load({"free": [{"a": 1}, {"a": ConvexInt64(1)}]})
    with pytest.raises(UsageError, match=r"^t\.dump\('free\.jsonl'\): the field a of the document \w+ is 1, which "):
        t.dump(path)
    assert path.read_text() == "before"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    ("name", "table", "text"),
    [
        (
            "none.csv",
            None,
            "t.dump('none.csv'): there is no table 'none' to write; tables are: anything, notes, users.",
        ),
        ("x.json", "_storage", "t.dump('x.json'): there is no table '_storage' to write; "),
        ("x.zip", "users", "t.dump('x.zip', table='users'): an archive has all tables: leave out `table`."),
    ],
)
def test_what_cannot_be_dumped_is_refused(t, tmp_path, name, table, text):
    with pytest.raises(UsageError) as caught:
        t.dump(tmp_path / name, table=table)
    assert str(caught.value).startswith(text)
    assert not list(tmp_path.iterdir())


def test_nothing_is_dumped_inside_a_transaction(t, tmp_path):
    with t.transaction() as ctx, pytest.raises(UsageError, match="while a transaction is open"):
        ctx.db.insert("users", {"name": "Tom"})
        t.dump(tmp_path / "s.zip")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_does_not_exist_is_refused(t, tmp_path):
    with pytest.raises(UsageError, match="does not exist"):
        t.dump(tmp_path / "no" / "s.zip")


# Files


def test_stored_files_go_along(t, other, tmp_path):
    stored = t.run(lambda ctx: ctx.storage.store(b"hello", content_type="text/plain"))
    t.dump(tmp_path / "s.zip")
    other.load(tmp_path / "s.zip")
    assert other.run(lambda ctx: ctx.storage.get(stored)) == b"hello"
    url = js("async ({ storage }, id) => await storage.getUrl(id)")
    assert other.query(url, stored) == t.query(url, stored)
