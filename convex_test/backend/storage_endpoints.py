"""The URLs of files: `POST /api/storage/upload?token=…` and `GET /api/storage/<uuid>`.

Imitates `crates/local_backend/src/storage.rs`. Errors are JSON of `code` and `message`
(`crates/common/src/http/mod.rs`).

Known gaps: the rules of cross-origin requests.
"""

from __future__ import annotations

import re
from base64 import b64encode
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlsplit

from convex_test.backend.components.handles import component_id
from convex_test.backend.storage import UPLOAD_SECONDS, Storage, StoredFile, parse_uuid
from convex_test.backend.web import WebRequest, WebResponse, json_response
from convex_test.errors import FunctionError, UnsupportedError

if TYPE_CHECKING:
    from convex_test.backend.store.store import Store

PREFIX: Final = "/api/storage/"
CACHED_SECONDS: Final = 60 * 60 * 24 * 30
_NANOSECONDS: Final = 1_000_000_000


def serve_storage(store: Store, request: WebRequest) -> WebResponse:
    """Answers a request to a storage URL. Transactions of its own are begun, so none may be open."""
    name = urlsplit(request.url).path.removeprefix(PREFIX)
    if name == "upload":
        return _upload(store, request) if request.method == "POST" else _wrong_method("POST")
    return _download(store, request, name) if request.method in ("GET", "HEAD") else _wrong_method("GET,HEAD")


def _upload(store: Store, request: WebRequest) -> WebResponse:
    token = parse_qs(urlsplit(request.url).query).get("token", [""])[0]
    permission = store.files.upload(token)
    if permission is None:
        return _error(401, "StorageTokenInvalid", "Couldn't decode the StoreFileAuthorization token")
    if permission.issued // _NANOSECONDS + UPLOAD_SECONDS <= store.clock.read() // _NANOSECONDS:
        return _error(401, "StorageTokenExpired", "Store File Authorization expired")
    header = request.header("digest")
    if header is not None and not header.startswith("sha-256="):
        return _error(400, "BadHeader", "Bad header for digest: invalid HTTP header")
    digest = None if header is None else header.removeprefix("sha-256=")
    transaction = store.begin()
    try:
        storage = Storage(transaction, permission.component)
        storage_id = storage.store(request.body or b"", request.header("content-type"), digest)
    except UnsupportedError:
        transaction.rollback()
        raise
    except FunctionError as error:
        transaction.rollback()
        if error.text.startswith("Sha256 mismatch"):
            return _error(400, "Sha256Mismatch", error.text)
        return _error(400, "BadHeader", f"Bad header for digest: {error.text}")
    except BaseException:
        transaction.rollback()
        raise
    transaction.commit()
    return json_response(200, {"storageId": storage_id})


def _download(store: Store, request: WebRequest, name: str) -> WebResponse:
    uuid = parse_uuid(name)
    if uuid is None:
        return _error(
            400,
            "InvalidStoragePath",
            f'Invalid storage path: "{name}". Please use `storage.getUrl(storageId: Id<"_storage">)` to generate a '
            "valid URL to retrieve files. See https://docs.convex.dev/file-storage/serve-files for more details",
        )
    wanted_component = parse_qs(urlsplit(request.url).query).get("component", [""])[0]
    component = _component(store, wanted_component)
    if component is None:
        raise UnsupportedError(f"not supported: a storage URL of the unknown component {wanted_component!r}")
    transaction = store.begin(read_only=True)
    try:
        found = Storage(transaction, component).get(uuid, "storage.get")
    finally:
        transaction.rollback()
    if found is None:
        return _error(404, "FileNotFound", f"File {uuid} not found")
    wanted = request.header("range")
    response = _whole(found) if wanted is None else _part(found, wanted)
    return response if request.method == "GET" else WebResponse(response.status, response.headers)


def _component(store: Store, wanted: str) -> str | None:
    """The component whose id a URL has."""
    if not wanted:
        return ""
    return next((path for path in store.namespaces() if path and component_id(path) == wanted), None)


def _whole(found: StoredFile) -> WebResponse:
    digest = b64encode(bytes.fromhex(found.sha256)).decode()
    headers = [("digest", f"sha-256={digest}"), *_headers(found, len(found.content))]
    return WebResponse(200, tuple(headers), (found.content,))


def _part(found: StoredFile, wanted: str) -> WebResponse:
    single = re.fullmatch(r"bytes=(\d*)-(\d*)", wanted.strip())
    if "," in wanted:
        return WebResponse(416)
    if single is None or single[1] == "":
        # The backend measures ranges from the end without the length of the file.
        raise UnsupportedError(f"not supported: the header Range: {wanted} of a storage URL")
    size = len(found.content)
    first = int(single[1])
    last = min(int(single[2]), size - 1) if single[2] else size - 1
    if first > last:
        raise UnsupportedError(f"not supported: the header Range: {wanted} for a file of {size} bytes")
    content = found.content[first : last + 1]
    headers = [*_headers(found, len(content)), ("content-range", f"bytes {first}-{last}/{size}")]
    return WebResponse(206, tuple(headers), (content,))


def _headers(found: StoredFile, length: int) -> list[tuple[str, str]]:
    headers = [] if found.content_type is None else [("content-type", found.content_type)]
    return [
        *headers,
        ("content-length", str(length)),
        ("cache-control", f"private, max-age={CACHED_SECONDS}"),
        ("accept-ranges", "bytes"),
    ]


def _error(status: int, code: str, message: str) -> WebResponse:
    return json_response(status, {"code": code, "message": message})


def _wrong_method(allowed: str) -> WebResponse:
    return WebResponse(405, (("allow", allowed), ("content-length", "0")))
