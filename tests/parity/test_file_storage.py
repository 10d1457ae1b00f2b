"""`ctx.storage` in TypeScript and in Python, and the URLs of files."""

from __future__ import annotations

import hashlib
from base64 import b64encode

import pytest

from convex_test import FunctionError, UsageError, js

DIGEST = hashlib.sha256(b"hello").digest()
SHA256 = b64encode(DIGEST).decode()
NOT_HERE = (
    "Uncaught Error: Can't use {} in queries and mutations. Please consider using an action. "
    "See https://docs.convex.dev/functions/actions for more details."
)
STORE = js('async (ctx, text, type) => await ctx.storage.store(new Blob([text], { type: type ?? "text/plain" }))')
READ = js(
    "async (ctx, id) => {"
    "  const blob = await ctx.storage.get(id);"
    "  return blob && [await blob.text(), blob.type, blob.size];"
    "}"
)


def document(t, storage_id):
    return t.query(js('async (ctx, id) => await ctx.db.system.get("_storage", id)'), storage_id)


def failure(call, *args):
    with pytest.raises(FunctionError) as caught:
        call(*args)
    return caught.value.text


def test_an_action_stores_and_reads_a_blob(t):
    storage_id = t.action(STORE, "hello")

    assert t.action(READ, storage_id) == ["hello", "text/plain", 5]


def test_the_document_of_a_file(t):
    storage_id = t.action(STORE, "hello")

    found = document(t, storage_id)
    assert found == {
        "_id": storage_id,
        "_creationTime": found["_creationTime"],
        "contentType": "text/plain",
        "sha256": SHA256,
        "size": 5,
    }


def test_a_blob_without_a_type_has_null(t):
    storage_id = t.action(js("async (ctx) => await ctx.storage.store(new Blob(['hello']))"))

    assert document(t, storage_id)["contentType"] is None
    assert t.action(READ, storage_id) == ["hello", "", 5]


def test_files_are_found_by_a_query_of_the_system_table(t):
    ids = [t.action(STORE, text) for text in ("a", "b")]

    rows = t.query(js('async (ctx) => await ctx.db.system.query("_storage").collect()'))
    assert [row["_id"] for row in rows] == ids


def test_bytes_come_back_as_they_were(t):
    storage_id = t.action(
        js("async (ctx) => await ctx.storage.store(new Blob([new Uint8Array(256).map((_, i) => i)]))")
    )
    read = js("async (ctx, id) => await (await ctx.storage.get(id)).arrayBuffer()")

    assert t.action(read, storage_id) == bytes(range(256))


def test_a_blob_from_storage_can_be_read_once(t):
    storage_id = t.action(STORE, "hello")
    twice = js("async (ctx, id) => { const blob = await ctx.storage.get(id); await blob.text(); await blob.text(); }")

    assert failure(t.action, twice, storage_id) == "Uncaught TypeError: Can't re-read streaming Blob"


def test_a_digest_is_checked(t):
    store = js("async (ctx, sha256) => await ctx.storage.store(new Blob(['hello']), { sha256 })")
    wrong = b64encode(bytes(32)).decode()

    assert document(t, t.action(store, SHA256))["size"] == 5
    assert failure(t.action, store, wrong) == f"Uncaught Error: Sha256 mismatch. Expected: {wrong} Actual: {SHA256}"


@pytest.mark.parametrize("kind", ["action", "mutation"])
def test_only_a_blob_is_stored(t, kind):
    assert failure(getattr(t, kind), js("async (ctx) => await ctx.storage.store('hello')")) == (
        "Uncaught Error: store() expects a Blob. If you are trying to store a Request, `await request.blob()` will "
        "give you the correct input."
    )


def test_get_wants_a_string(t):
    assert failure(t.action, js("async (ctx) => await ctx.storage.get(5)")) == (
        "Uncaught Error: storage.get requires a string storageId but received 5"
    )


def test_a_url_has_the_uuid_of_the_metadata(t):
    storage_id = t.action(STORE, "hello")

    url = t.query(js("async (ctx, id) => await ctx.storage.getUrl(id)"), storage_id)
    metadata = t.query(js("async (ctx, id) => await ctx.storage.getMetadata(id)"), storage_id)
    assert metadata == {
        "storageId": metadata["storageId"],
        "sha256": DIGEST.hex(),
        "size": 5,
        "contentType": "text/plain",
    }
    assert url == f"https://convex-test-000.convex.cloud/api/storage/{metadata['storageId']}"


@pytest.mark.parametrize("kind", ["query", "mutation", "action"])
def test_urls_can_be_had_everywhere(t, kind):
    storage_id = t.action(STORE, "hello")

    url = getattr(t, kind)(js("async (ctx, id) => await ctx.storage.getUrl(id)"), storage_id)
    assert t.fetch(url).text == "hello"


def test_many_urls_at_once_come_in_order(t):
    ids = [t.action(STORE, str(number)) for number in range(20)]

    urls = t.query(js("async (ctx, ids) => await Promise.all(ids.map((id) => ctx.storage.getUrl(id)))"), ids)
    assert [t.fetch(url).text for url in urls] == [str(number) for number in range(20)]


@pytest.mark.parametrize("method", ["getUrl", "getMetadata"])
def test_a_deleted_file_has_none(t, method):
    storage_id = t.action(STORE, "hello")
    url = t.query(js("async (ctx, id) => await ctx.storage.getUrl(id)"), storage_id)
    t.mutation(js("async (ctx, id) => await ctx.storage.delete(id)"), storage_id)

    assert t.query(js(f"async (ctx, id) => await ctx.storage.{method}(id)"), storage_id) is None
    assert t.action(READ, storage_id) is None
    assert document(t, storage_id) is None
    assert t.fetch(url).status_code == 404


def test_deleting_twice_is_an_error(t):
    storage_id = t.action(STORE, "hello")
    delete = js("async (ctx, id) => await ctx.storage.delete(id)")
    t.action(delete, storage_id)

    assert failure(t.action, delete, storage_id) == f"Uncaught Error: storage id {storage_id} not found"


def test_a_mutation_that_fails_deletes_nothing(t):
    storage_id = t.action(STORE, "hello")
    failure(t.mutation, js("async (ctx, id) => { await ctx.storage.delete(id); throw new Error('no'); }"), storage_id)

    assert t.action(READ, storage_id) == ["hello", "text/plain", 5]


def test_a_mutation_that_fails_stores_nothing(t):
    failure(t.mutation, js("async (ctx) => { await ctx.storage.store(new Blob(['hello'])); throw new Error('no'); }"))

    assert t.query(js('async (ctx) => await ctx.db.system.query("_storage").collect()')) == []


def test_a_mutation_stores_and_reads_again_and_again(t):
    source = """async (ctx) => {
        const id = await ctx.storage.store(new Blob(["hello"], { type: "text/plain" }));
        const blob = await ctx.storage.get(id);
        return [await blob.text(), await blob.text(), blob.type];
    }"""

    assert t.mutation(js(source)) == ["hello", "hello", "text/plain"]


def test_an_action_keeps_what_it_stored_before_it_failed(t):
    failure(t.action, js("async (ctx) => { await ctx.storage.store(new Blob(['hello'])); throw new Error('no'); }"))

    assert len(t.query(js('async (ctx) => await ctx.db.system.query("_storage").collect()'))) == 1


@pytest.mark.parametrize("method", ["store", "get", "delete", "generateUploadUrl"])
def test_a_query_only_reads_urls(t, method):
    assert t.query(js(f"async (ctx) => typeof ctx.storage.{method}")) == "undefined"


@pytest.mark.parametrize(
    ("call", "what"),
    [
        ('"storage/storeBlob", { blob: new Blob([]) }', "storage.store()"),
        ('"storage/getBlob", { storageId: "x" }', "storage.get()"),
    ],
)
@pytest.mark.parametrize("kind", ["query", "mutation"])
def test_blobs_stay_out_of_transactions(t, kind, call, what):
    snippet = js(f"async () => {{ await Convex.jsSyscall({call}); }}")

    assert failure(getattr(t, kind), snippet) == NOT_HERE.format(what)


@pytest.mark.parametrize(
    ("kind", "method"), [("query", "getUrl"), ("query", "getMetadata"), ("mutation", "delete"), ("action", "delete")]
)
def test_what_is_no_id(t, kind, method):
    snippet = js(f"async (ctx) => {{ await ctx.storage.{method}('x'); }}")

    assert failure(getattr(t, kind), snippet) == (
        f"Uncaught Error: Invalid argument `storageId` for `storage.{method}`: "
        'Invalid storage ID: "x". Storage ID should be an\n'
        "                    Id of '_storage' table, or a UUID string."
    )


def test_the_id_of_another_table(t):
    other = t.run(lambda ctx: ctx.db.insert("messages", {}))

    assert failure(t.query, js("async (ctx, id) => { await ctx.storage.getUrl(id); }"), other) == (
        "Uncaught Error: Invalid storage ID. Storage ID cannot be an ID on any table other than '_storage'."
    )


def test_an_unknown_uuid_has_no_url(t):
    snippet = js("async (ctx) => await ctx.storage.getUrl('78e51061-7311-48a3-82ce-6f447ed4d57b')")

    assert t.query(snippet) is None


def test_get_url_needs_an_argument(t):
    assert failure(t.query, js("async (ctx) => { await ctx.storage.getUrl(undefined); }")) == (
        "Uncaught TypeError: Must provide arg 1 `storageId` to `getUrl`"
    )


def test_files_cannot_be_written_through_the_database(t):
    storage_id = t.action(STORE, "hello")

    assert failure(t.mutation, js("async (ctx, id) => { await ctx.db.delete(id); }"), storage_id) == (
        "Uncaught Error: System tables can only be accessed with db.system."
    )


# Uploads


def test_an_upload(t):
    url = t.mutation(js("async (ctx) => await ctx.storage.generateUploadUrl()"))
    response = t.fetch(url, method="POST", content=b"hello", headers={"Content-Type": "text/plain"})

    assert url.startswith("https://convex-test-000.convex.cloud/api/storage/upload?token=")
    assert (response.status_code, list(response.json())) == (200, ["storageId"])
    assert t.action(READ, response.json()["storageId"]) == ["hello", "text/plain", 5]


def test_an_upload_from_a_function(t):
    source = """async (ctx) => {
        const url = await ctx.storage.generateUploadUrl();
        const response = await fetch(url, { method: "POST", body: new Blob(["hello"], { type: "text/plain" }) });
        const { storageId } = await response.json();
        return await (await fetch(await ctx.storage.getUrl(storageId))).text();
    }"""

    assert t.action(js(source)) == "hello"


# Python


def test_python_stores_and_reads(t):
    storage_id = t.run(lambda ctx: ctx.storage.store(b"hello", content_type="text/plain"))

    assert t.run(lambda ctx: ctx.storage.get(storage_id)) == b"hello"
    assert t.action(lambda ctx: ctx.storage.get(storage_id)) == b"hello"
    assert t.action(READ, storage_id) == ["hello", "text/plain", 5]


def test_python_gets_urls_and_metadata(t):
    storage_id = t.action(lambda ctx: ctx.storage.store(b"hello"))

    metadata = t.query(lambda ctx: ctx.storage.get_metadata(storage_id))
    assert (metadata["size"], metadata["contentType"], metadata["sha256"]) == (5, None, DIGEST.hex())
    assert t.fetch(t.query(lambda ctx: ctx.storage.get_url(storage_id))).content == b"hello"


def test_python_uploads(t):
    url = t.run(lambda ctx: ctx.storage.generate_upload_url())
    storage_id = t.fetch(url, method="POST", content=b"hello").json()["storageId"]

    assert t.run(lambda ctx: ctx.storage.get(storage_id)) == b"hello"


def test_python_deletes(t):
    storage_id = t.run(lambda ctx: ctx.storage.store(b"hello"))
    t.run(lambda ctx: ctx.storage.delete(storage_id))

    assert t.run(lambda ctx: ctx.storage.get(storage_id)) is None


def test_python_rolls_back(t):
    kept = []
    with pytest.raises(ZeroDivisionError), t.transaction() as ctx:
        kept.append(ctx.storage.store(b"hello"))
        _ = 1 / 0

    assert t.run(lambda ctx: ctx.storage.get(kept[0])) is None


@pytest.mark.parametrize("sha256", [DIGEST, SHA256])
def test_python_may_give_the_digest_as_bytes_or_text(t, sha256):
    assert t.run(lambda ctx: ctx.storage.get(ctx.storage.store(b"hello", sha256=sha256))) == b"hello"


def test_a_query_in_python_only_reads(t):
    with pytest.raises(AttributeError, match=r"^ctx\.storage has no attribute 'store'$"):
        t.query(lambda ctx: ctx.storage.store(b"hello"))


def test_python_stores_bytes_only(t):
    with pytest.raises(UsageError, match=r"^ctx\.storage\.store\('hello'\): expected bytes, but got str\.$"):
        t.run(lambda ctx: ctx.storage.store("hello"))


def test_python_names_files_by_text(t):
    with pytest.raises(UsageError, match=r"^ctx\.storage\.get_url\(5\): expected the id of a file, a str\.$"):
        t.run(lambda ctx: ctx.storage.get_url(5))


def test_python_has_the_names_of_python(t):
    with pytest.raises(AttributeError, match=r"^ctx\.storage has no attribute 'getUrl'; in Python it is get_url$"):
        t.run(lambda ctx: ctx.storage.getUrl("x"))
