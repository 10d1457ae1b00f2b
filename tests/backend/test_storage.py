"""Stored files in the backend alone: ids, texts, rollbacks, snapshots, and the URLs."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from random import Random

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convex_test.backend.schema.definition import EMPTY_SCHEMA
from convex_test.backend.storage import Storage, normalize_media_type, parse_uuid
from convex_test.backend.storage_endpoints import serve_storage
from convex_test.backend.store.store import Store
from convex_test.backend.web import WebRequest
from convex_test.errors import FunctionError, UnsupportedError

SHA256 = b64encode(hashlib.sha256(b"abc").digest()).decode()


@pytest.fixture
def store():
    return Store({"": EMPTY_SCHEMA}, random=Random(1))


@pytest.fixture
def committed(store):
    """Runs a function of the storage in a transaction that commits."""

    def run(function):
        transaction = store.begin()
        try:
            result = function(Storage(transaction, ""))
        except BaseException:
            transaction.rollback()
            raise
        transaction.commit()
        return result

    return run


def url_of(committed, content=b"abc", content_type=None):
    return committed(lambda storage: storage.get_url(storage.store(content, content_type)))


def test_a_file_comes_back_as_it_was(committed):
    storage_id = committed(lambda storage: storage.store(b"abc\0\xff", "image/png"))

    found = committed(lambda storage: storage.get(storage_id, "storage.get"))
    assert (found.id, found.content, found.content_type) == (storage_id, b"abc\0\xff", "image/png")


def test_the_document_has_base64_and_null(committed, store):
    storage_id = committed(lambda storage: storage.store(b"abc"))

    document = store.namespace("").require_table("_storage").documents[storage_id]
    assert document.body() == {"contentType": None, "sha256": SHA256, "size": 3}


def test_the_metadata_has_the_uuid_and_hexadecimal(committed):
    storage_id = committed(lambda storage: storage.store(b"abc", "text/plain"))

    found = committed(lambda storage: storage.get_metadata(storage_id))
    assert found == {
        "storageId": found["storageId"],
        "sha256": hashlib.sha256(b"abc").hexdigest(),
        "size": 3,
        "contentType": "text/plain",
    }
    assert parse_uuid(found["storageId"]) == found["storageId"]


def test_the_uuid_is_an_id_too(committed):
    storage_id = committed(lambda storage: storage.store(b"abc"))
    uuid = committed(lambda storage: storage.get_metadata(storage_id))["storageId"]

    assert committed(lambda storage: storage.get(uuid, "storage.get")).id == storage_id
    committed(lambda storage: storage.delete(uuid))
    assert committed(lambda storage: storage.get(storage_id, "storage.get")) is None


def test_a_missing_file_is_none(committed):
    storage_id = committed(lambda storage: storage.store(b"abc"))
    committed(lambda storage: storage.delete(storage_id))

    assert committed(lambda storage: storage.get(storage_id, "storage.get")) is None
    assert committed(lambda storage: storage.get_url(storage_id)) is None
    assert committed(lambda storage: storage.get_metadata(storage_id)) is None


def test_deleting_a_missing_file_is_an_error(committed):
    storage_id = committed(lambda storage: storage.store(b"abc"))
    committed(lambda storage: storage.delete(storage_id))

    with pytest.raises(FunctionError) as caught:
        committed(lambda storage: storage.delete(storage_id))
    assert caught.value.text == f"storage id {storage_id} not found"


def test_a_rollback_takes_the_file_back(store):
    transaction = store.begin()
    storage_id = Storage(transaction, "").store(b"abc")
    transaction.rollback()

    transaction = store.begin(read_only=True)
    assert Storage(transaction, "").get(storage_id, "storage.get") is None


def test_a_rollback_brings_a_deleted_file_back(committed, store):
    storage_id = committed(lambda storage: storage.store(b"abc"))
    transaction = store.begin()
    Storage(transaction, "").delete(storage_id)
    transaction.rollback()

    assert committed(lambda storage: storage.get(storage_id, "storage.get")).content == b"abc"


def test_a_snapshot_holds_the_files(committed, store):
    storage_id = committed(lambda storage: storage.store(b"abc"))
    snapshot = store.snapshot()
    committed(lambda storage: storage.delete(storage_id))
    store.restore(snapshot)

    assert committed(lambda storage: storage.get(storage_id, "storage.get")).content == b"abc"


def test_another_store_gets_the_files_of_a_snapshot(committed, store):
    storage_id = committed(lambda storage: storage.store(b"abc"))
    other = Store({"": EMPTY_SCHEMA}, random=Random(2))
    other.restore(store.snapshot())

    assert Storage(other.begin(), "").get(storage_id, "storage.get").content == b"abc"


def test_a_wrong_digest_is_an_error(committed):
    wrong = b64encode(bytes(32)).decode()

    with pytest.raises(FunctionError) as caught:
        committed(lambda storage: storage.store(b"abc", None, wrong))
    assert caught.value.text == f"Sha256 mismatch. Expected: {wrong} Actual: {SHA256}"


@pytest.mark.parametrize("digest", ["", "abc", "no base64!", b64encode(bytes(31)).decode()])
def test_what_is_no_digest_is_an_error(committed, digest):
    with pytest.raises(FunctionError, match=r"^invalid HTTP header$"):
        committed(lambda storage: storage.store(b"abc", None, digest))


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Image/PNG", "image/png"),
        ("text/html; Charset=UTF-8", "text/html; charset=utf-8"),
        ("multipart/form-data; Boundary=AbC", "multipart/form-data; boundary=AbC"),
    ],
)
def test_names_in_media_types_are_in_lower_case(text, kept):
    assert normalize_media_type(text) == kept


def test_a_content_type_that_is_none_is_refused():
    with pytest.raises(UnsupportedError, match="no media type"):
        normalize_media_type("nonsense")


@pytest.mark.parametrize(
    "text",
    [
        "78E51061-7311-48a3-82ce-6f447ed4d57b",
        "78e51061731148a382ce6f447ed4d57b",
        "{78e51061-7311-48a3-82ce-6f447ed4d57b}",
        "urn:uuid:78e51061-7311-48a3-82ce-6f447ed4d57b",
    ],
)
def test_uuids_have_several_spellings(text):
    assert parse_uuid(text) == "78e51061-7311-48a3-82ce-6f447ed4d57b"


@pytest.mark.parametrize("text", ["", "x", "{78e51061731148a382ce6f447ed4d57b", "78e51061-731148a382ce6f447ed4d57b"])
def test_what_is_no_uuid(text):
    assert parse_uuid(text) is None


# URLs


def test_a_url_serves_the_file(committed, store):
    response = serve_storage(store, WebRequest("GET", url_of(committed, content_type="image/png")))

    assert (response.status, response.body) == (200, b"abc")
    assert dict(response.headers) == {
        "digest": f"sha-256={SHA256}",
        "content-type": "image/png",
        "content-length": "3",
        "cache-control": "private, max-age=2592000",
        "accept-ranges": "bytes",
    }


@pytest.mark.parametrize(
    ("wanted", "content", "told"),
    [
        ("bytes=1-2", b"bc", "bytes 1-2/3"),
        ("bytes=0-0", b"a", "bytes 0-0/3"),
        ("bytes=1-", b"bc", "bytes 1-2/3"),
        ("bytes=1-99", b"bc", "bytes 1-2/3"),
    ],
)
def test_a_range_of_a_file(committed, store, wanted, content, told):
    response = serve_storage(store, WebRequest("GET", url_of(committed), (("range", wanted),)))

    assert (response.status, response.body) == (206, content)
    headers = dict(response.headers)
    assert (headers["content-range"], headers["content-length"]) == (told, str(len(content)))
    assert "digest" not in headers


def test_several_ranges_are_refused(committed, store):
    request = WebRequest("GET", url_of(committed), (("range", "bytes=0-0,2-2"),))

    assert serve_storage(store, request).status == 416


def test_the_url_of_a_deleted_file(committed, store):
    storage_id = committed(lambda storage: storage.store(b"abc"))
    url = committed(lambda storage: storage.get_url(storage_id))
    committed(lambda storage: storage.delete(storage_id))

    response = serve_storage(store, WebRequest("GET", url))
    uuid = url.rpartition("/")[2]
    assert response.status == 404
    assert orjson.loads(response.body) == {"code": "FileNotFound", "message": f"File {uuid} not found"}


def test_a_path_that_is_no_uuid(store):
    response = serve_storage(store, WebRequest("GET", "https://convex-test-000.convex.cloud/api/storage/abc"))

    assert response.status == 400
    assert orjson.loads(response.body)["code"] == "InvalidStoragePath"


def test_an_upload(committed, store):
    url = committed(lambda storage: storage.generate_upload_url())
    headers = (("content-type", "image/png"), ("digest", f"sha-256={SHA256}"))
    response = serve_storage(store, WebRequest("POST", url, headers, b"abc"))

    assert response.status == 200
    storage_id = orjson.loads(response.body)["storageId"]
    found = committed(lambda storage: storage.get(storage_id, "storage.get"))
    assert (found.content, found.content_type) == (b"abc", "image/png")


def test_an_upload_with_a_wrong_digest_stores_nothing(committed, store):
    url = committed(lambda storage: storage.generate_upload_url())
    response = serve_storage(store, WebRequest("POST", url, (("digest", f"sha-256={SHA256}"),), b"abd"))

    assert (response.status, orjson.loads(response.body)["code"]) == (400, "Sha256Mismatch")
    assert not store.namespace("").require_table("_storage").documents


def test_an_upload_url_ends_after_an_hour(committed, store):
    url = committed(lambda storage: storage.generate_upload_url())
    store.clock.advance(3600 * 10**9)
    response = serve_storage(store, WebRequest("POST", url, (), b"abc"))

    assert response.status == 401
    assert orjson.loads(response.body) == {
        "code": "StorageTokenExpired",
        "message": "Store File Authorization expired",
    }


def test_a_token_that_nobody_gave_out(store):
    url = "https://convex-test-000.convex.cloud/api/storage/upload?token=x"

    response = serve_storage(store, WebRequest("POST", url, (), b"abc"))
    assert (response.status, orjson.loads(response.body)["code"]) == (401, "StorageTokenInvalid")


@given(st.lists(st.tuples(st.sampled_from(["store", "delete"]), st.binary(max_size=4), st.booleans()), max_size=20))
def test_files_are_those_of_the_transactions_that_committed(steps):
    store = Store({"": EMPTY_SCHEMA}, random=Random(1))
    expected: dict[str, bytes] = {}
    for action, content, commits in steps:
        transaction = store.begin()
        storage = Storage(transaction, "")
        after = dict(expected)
        if action == "store":
            after[storage.store(content)] = content
        elif expected:
            gone = next(iter(expected))
            storage.delete(gone)
            del after[gone]
        if commits:
            transaction.commit()
            expected = after
        else:
            transaction.rollback()
    transaction = store.begin(read_only=True)
    storage = Storage(transaction, "")
    documents = store.namespace("").require_table("_storage").documents
    assert {key: storage.get(key, "storage.get").content for key in documents} == expected
