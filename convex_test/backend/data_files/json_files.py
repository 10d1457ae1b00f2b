"""JSON lines and JSON arrays: files of one table.

Imitates `crates/application/src/snapshot_import/parse.rs` and, for the values, `ExportContext::Infer` in
`crates/shape_inference/src/export_context.rs`: every number is a float64, and there is no way to write an int64,
bytes, NaN or an infinity; a field whose name begins with `$` is an error. So writing refuses such values.

By design: what is wrong with JSON is said in the words of `orjson`.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any, Final

import orjson

from convex_test.backend.data_files.lossless import decode_lossless
from convex_test.backend.data_files.rows import ImportProblem
from convex_test.errors import UsageError
from convex_test.values.codec import decode_parsed
from convex_test.values.invalid import InvalidValueError
from convex_test.values.names import check_field_name
from convex_test.values.render import render
from convex_test.values.size import format_size
from convex_test.values.types import ConvexInt64

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from convex_test.values.types import Value

MAX_JSON_ARRAY: Final = 16 * 1024 * 1024
_BOM: Final = b"\xef\xbb\xbf"
_DUMP: Final = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_SUBCLASS


def read_json_lines(stream: IO[bytes], *, lossless: bool = False, is_archived: bool = False) -> Iterator[Value]:
    """The rows of a file that has one JSON object in each line.

    Args:
        lossless: whether integers are int64, as in archives of today.
        is_archived: whether it comes from an archive, where nobody looks for a byte order mark.
    """
    number = 0
    for number, line in enumerate(stream, 1):
        if number == 1 and not is_archived and line.startswith(_BOM):
            raise _bom()
        try:
            parsed = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise _invalid_line(line, number, error) from None
        yield read_row(parsed, number, may_be_special=_may_be_special(line), lossless=lossless)


def read_json_array(stream: IO[bytes]) -> Iterator[Value]:
    """The rows of a file that is one JSON array of objects."""
    text = stream.read(MAX_JSON_ARRAY + 1)
    if len(text) > MAX_JSON_ARRAY:
        raise ImportProblem(
            f"Import is too large for JSON ({len(text)} bytes > maximum {format_size(MAX_JSON_ARRAY)}). Consider "
            "converting data to JSONLines",
            remedy="One object in each line, in a file that ends in .jsonl.",
        )
    if text.startswith(_BOM):
        raise _bom()
    try:
        parsed = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ImportProblem(f"Not valid JSON: {error}") from None
    if not isinstance(parsed, list):
        raise ImportProblem("Not a JSON array", shown=parsed, remedy="Put the objects into [ and ].")
    special = _may_be_special(text)
    for number, row in enumerate(parsed, 1):
        yield read_row(row, number, may_be_special=special)


def read_row(parsed: Any, number: int, *, may_be_special: bool = True, lossless: bool = False) -> Value:
    """The canonical value of a row; `may_be_special` says whether a name in it can begin with `$`."""
    if type(parsed) is not dict:
        received = orjson.dumps(parsed)
        shown = received[:100].decode(errors="ignore") + ("..." if len(received) > 100 else "")
        raise _invalid_row(number, f"expected object, received {shown}", parsed)
    try:
        if lossless:
            return decode_lossless(parsed)
        if may_be_special:
            _refuse_special(parsed)
        return decode_parsed(parsed)
    except InvalidValueError as error:
        raise _invalid_row(number, str(error), parsed) from None


def _may_be_special(text: bytes) -> bool:
    return b'"$' in text or b"u0024" in text


def _refuse_special(parsed: Any) -> None:
    if type(parsed) is dict:
        for name, item in parsed.items():
            check_field_name(name)
            _refuse_special(item)
    elif type(parsed) is list:
        for item in parsed:
            _refuse_special(item)


def _invalid_row(number: int, reason: str, parsed: Any) -> ImportProblem:
    remedy = ""
    if "starts with '$'" in reason:
        remedy = "Only a snapshot archive (.zip) can hold values that are encoded as objects, such as int64 and bytes."
    return ImportProblem(f"Row {number} wasn't a valid Convex value: {reason}", shown=parsed, remedy=remedy, row=number)


def _invalid_line(line: bytes, number: int, error: Exception) -> ImportProblem:
    try:
        line.decode()
    except UnicodeDecodeError:
        return ImportProblem(
            "Import wasn't valid UTF8: stream did not contain valid UTF-8",
            shown=line,
            remedy="Save the file as UTF-8.",
            row=number,
        )
    remedy = "" if line.strip() else "Leave out the empty line."
    return ImportProblem(
        f"Row {number} wasn't valid JSON: {error}",
        shown=line.decode().rstrip("\r\n") or "an empty line",
        remedy=remedy,
        row=number,
    )


def _bom() -> ImportProblem:
    return ImportProblem("UTF-8 BOM is not supported. Please save your file without BOM.", row=1)


def json_lines(documents: Iterable[dict[str, Any]], where: str) -> Iterator[bytes]:
    """The lines of documents. Raises `UsageError` for a value that the format cannot hold."""
    for document in documents:
        yield encode_plain(document, where) + b"\n"


def json_array(documents: Iterable[dict[str, Any]], where: str) -> Iterator[bytes]:
    """The pieces of a JSON array, one document in each line. Raises `UsageError` as `json_lines` does."""
    separator = b"[\n"
    for document in documents:
        yield separator + encode_plain(document, where)
        separator = b",\n"
    yield b"\n]\n" if separator == b",\n" else b"[]\n"


def encode_plain(document: dict[str, Any], where: str) -> bytes:
    """A document as JSON without special encodings. Raises `UsageError` when it needs one."""
    try:
        text = orjson.dumps(document, option=_DUMP)
    except TypeError:
        raise _inexpressible(document, where) from None
    # orjson writes NaN and infinities as null.
    if b"null" in text and _special_value(document, "") is not None:
        raise _inexpressible(document, where)
    return text


def _inexpressible(document: dict[str, Any], where: str) -> UsageError:
    path, value = _special_value(document, "") or ("", document)
    return UsageError(
        f"{where}: the field {path.removeprefix('.')} of the document {document['_id']} is {render(value)}, which JSON "
        "cannot hold in a way that an import would read back: write a snapshot archive (.zip)."
    )


def _special_value(value: Any, path: str) -> tuple[str, Any] | None:
    if isinstance(value, ConvexInt64 | bytes) or (isinstance(value, float) and not -1e999 < value < 1e999):
        return path, value
    items: Iterable[tuple[str, Any]] = ()
    if isinstance(value, dict):
        items = ((f"{path}.{name}", item) for name, item in value.items())
    elif isinstance(value, list):
        items = ((f"{path}[{index}]", item) for index, item in enumerate(value))
    return next((found for name, item in items if (found := _special_value(item, name))), None)
