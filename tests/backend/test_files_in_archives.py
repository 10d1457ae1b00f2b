"""Stored files go through snapshot archives."""

from __future__ import annotations

import json
import zipfile

import pytest

from convex_test.backend.data_files.archives import open_archive, write_archive
from convex_test.backend.data_files.importing import import_data
from convex_test.backend.database import Database
from convex_test.backend.schema.definition import EMPTY_SCHEMA
from convex_test.backend.storage import Storage
from convex_test.errors import UsageError

UUID = "35bf992d-c9e9-4616-a12e-7696a6cecc1b"


def store_files(store, *files):
    transaction = store.begin()
    ids = [Storage(transaction, "").store(content, content_type) for content, content_type in files]
    transaction.commit()
    return ids


def read(store, storage_id):
    transaction = store.begin(read_only=True)
    try:
        return Storage(transaction, "").get(storage_id, "storage.get")
    finally:
        transaction.rollback()


def dump(store, path):
    with path.open("wb") as stream:
        write_archive(stream, store)


def load(store, path, mode="require_empty"):
    with open_archive(path) as data:
        return import_data(store, data, mode, path.name)


@pytest.fixture
def store(new_store):
    return new_store()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "s.zip"


def write_storage(path, entry, **files):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("_storage/documents.jsonl", "" if entry is None else json.dumps(entry) + "\n")
        for name, content in files.items():
            archive.writestr(f"_storage/{name}", content)


@pytest.fixture
def file_id(new_store):
    return store_files(new_store(), (b"hello", None))[0]


def test_files_come_back_with_their_ids_and_urls(store, new_store, path):
    ids = store_files(store, (b"hello", "text/plain"), (b"\0" * 9, None))
    dump(store, path)
    other = new_store()
    assert load(other, path) == 0
    assert [read(other, id) for id in ids] == [read(store, id) for id in ids]
    assert read(other, ids[0]).content == b"hello"


def test_files_are_beside_the_lines_about_them(store, path):
    [id] = store_files(store, (b"hello", "text/plain; charset=utf-8"))
    dump(store, path)
    with zipfile.ZipFile(path) as archive:
        assert archive.read(f"_storage/{id}.txt") == b"hello"
        entry = json.loads(archive.read("_storage/documents.jsonl"))
    assert entry.pop("_creationTime") > 0
    assert entry == {
        "_id": id,
        "contentType": "text/plain; charset=utf-8",
        "internalId": read(store, id).uuid,
        "sha256": "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=",
        "size": 5,
    }


def test_an_archive_of_no_files_has_no_folder_for_them(store, path):
    dump(store, path)
    with zipfile.ZipFile(path) as archive:
        assert not [name for name in archive.namelist() if name.startswith("_storage")]


def test_a_content_without_a_line_is_a_file(store, path, file_id):
    write_storage(path, None, **{file_id: b"x"})
    load(store, path)
    assert (read(store, file_id).content, read(store, file_id).content_type) == (b"x", None)


def test_a_line_without_a_content_is_no_file(store, path, file_id):
    write_storage(path, {"_id": file_id})
    load(store, path)
    assert read(store, file_id) is None


def test_replace_replaces_all_files(store, path, file_id):
    _, before = store_files(store, (b"", None), (b"before", None))
    write_storage(path, {"_id": file_id, "internalId": UUID}, **{file_id: b"x"})
    load(store, path, "replace")
    assert read(store, before) is None
    assert read(store, UUID).content == b"x"


def test_tables_made_after_files_are_numbered_as_before(store, path, file_id):
    write_storage(path, None, **{file_id: b"x"})
    load(store, path)
    namespace = store.namespace("")
    assert namespace.create_table("next").number == 10_002


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"size": 7}, "the file has 1 bytes, and _storage/documents.jsonl says 7"),
        ({"sha256": "x"}, "Sha256 mismatch. Expected: x Actual: LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE="),
        ({"internalId": "x"}, "Row 1 wasn't a valid Convex value: Couldn't parse storage_id"),
        ({"_id": None}, "Row 1 wasn't a valid Convex value: missing field `_id`"),
        ({"_creationTime": -5}, "Invalid creation time -5.0"),
    ],
)
def test_what_does_not_fit_imports_nothing(store, path, file_id, change, message):
    write_storage(path, {"_id": file_id, **change}, **{file_id: b"x"})
    with pytest.raises(UsageError) as caught:
        load(store, path)
    assert str(caught.value).startswith(f"Hit an error while importing:\n{message}")
    assert read(store, file_id) is None


def test_files_that_are_there_already_are_refused(store, path):
    store_files(store, (b"x", None))
    dump(store, path)
    with pytest.raises(UsageError, match="Table _storage already exists"):
        load(store, path)


def test_components_have_folders_of_their_own(new_store, path):
    components = {"a": EMPTY_SCHEMA, "a/b": EMPTY_SCHEMA}
    store, other = new_store(**components), new_store(**components)
    transaction = store.begin()
    ids = [Database(transaction, component).insert("rows", {"n": 1}) for component in components]
    files = [Storage(transaction, component).store(component.encode()) for component in components]
    transaction.commit()
    dump(store, path)
    with zipfile.ZipFile(path) as archive:
        assert "_components/a/_components/b/rows/documents.jsonl" in archive.namelist()

    assert load(other, path) == 2
    for component, id, file in zip(components, ids, files, strict=True):
        assert list(other.namespace(component).require_table("rows").documents) == [id]
        assert list(other.namespace(component).require_table("_storage").documents) == [file]
        assert other.files.content(file) == component.encode()
