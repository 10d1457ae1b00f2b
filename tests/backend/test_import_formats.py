"""What the import reads out of files, and what the export writes into them."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convex_test.backend.data_files.archives import open_archive
from convex_test.backend.data_files.csv_files import parse_cell, read_csv, write_csv
from convex_test.backend.data_files.json_files import json_array, json_lines, read_json_array, read_json_lines
from convex_test.backend.data_files.lossless import decode_lossless, encode_lossless
from convex_test.backend.data_files.rows import ImportProblem
from convex_test.errors import UsageError
from convex_test.values import ConvexInt64, InvalidValueError, encode
from convex_test.values.codec import canonical_number

if TYPE_CHECKING:
    from pathlib import Path

NUMBERS = st.floats(allow_nan=False, allow_infinity=False).map(canonical_number)
NAMES = st.text("abc_ $ü"[:4], max_size=3)


def objects(scalars: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    values = st.recursive(
        scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=8
    )
    return st.dictionaries(NAMES, values, max_size=4)


PLAIN = objects(st.none() | st.booleans() | NUMBERS | st.text())
ANY = objects(
    st.none()
    | st.booleans()
    | st.floats().map(canonical_number)
    | st.integers(-(2**63), 2**63 - 1).map(ConvexInt64)
    | st.binary()
    | st.text()
)


def lines(text: str | bytes) -> list[Any]:
    return list(read_json_lines(io.BytesIO(text.encode() if isinstance(text, str) else text)))


def array(text: str) -> list[Any]:
    return list(read_json_array(io.BytesIO(text.encode())))


def table(text: str, *optional: str) -> list[Any]:
    return list(read_csv(io.BytesIO(text.encode()), optional))


def problem(read: Any, *args: Any) -> str:
    with pytest.raises(ImportProblem) as caught:
        read(*args)
    return caught.value.text


# Lossless


@given(ANY)
def test_lossless_json_keeps_every_value(value: dict[str, Any]) -> None:
    assert encode(decode_lossless(json.loads(encode_lossless(value)))) == encode(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (ConvexInt64(123), b"123"),
        (ConvexInt64(-(2**63)), b"-9223372036854775808"),
        (123, b"123.0"),
        (-0.0, b"-0.0"),
        (1.5, b"1.5"),
        (float("inf"), b'{"$float":"AAAAAAAA8H8="}'),
        (b"\x00\x10\x83", b'{"$bytes":"ABCD"}'),
        ({"b": None, "a": [True]}, b'{"a":[true],"b":null}'),
    ],
)
def test_lossless_json_is_written_as_exports_do(value: Any, text: bytes) -> None:
    assert encode_lossless(value) == text


def test_an_integer_beyond_64_bits_is_a_float() -> None:
    assert encode(decode_lossless(2**63)) == encode(float(2**63))


def test_lossless_json_has_no_other_names_with_a_dollar() -> None:
    with pytest.raises(InvalidValueError, match=r"Field name \$a starts with '\$', which is reserved\."):
        decode_lossless({"$a": 1})


# JSON


@given(st.lists(PLAIN))
def test_json_lines_come_back(rows: list[dict[str, Any]]) -> None:
    documents = [{**row, "_id": "x"} for row in rows]
    assert [encode(row) for row in lines(b"".join(json_lines(documents, "dump")))] == list(map(encode, documents))


@given(st.lists(PLAIN))
def test_a_json_array_comes_back(rows: list[dict[str, Any]]) -> None:
    documents = [{**row, "_id": "x"} for row in rows]
    assert [encode(row) for row in array(b"".join(json_array(documents, "dump")).decode())] == list(
        map(encode, documents)
    )


@pytest.mark.parametrize("value", [ConvexInt64(1), b"x", float("nan"), [{"a": float("inf")}]])
def test_json_refuses_to_write_what_it_could_not_read(value: Any) -> None:
    with pytest.raises(UsageError, match=r"^t\.dump: the field v.* of the document x is .*: write a snapshot archive"):
        list(json_lines([{"_id": "x", "v": value}], "t.dump"))


def test_every_number_in_json_is_a_float() -> None:
    assert [type(row["a"]) for row in lines('{"a": 1}\n{"a": 1.5}\n')] == [int, float]


def test_the_last_line_needs_no_end() -> None:
    assert lines('{"a":1}\r\n{"a":2}') == [{"a": 1}, {"a": 2}]


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ('{"a":1}\n{"a":', "Row 2 wasn't valid JSON: "),
        ('{"a":1}\n\n{"a":2}\n', "Row 2 wasn't valid JSON: "),
        ('{"a":1e999}', "Row 1 wasn't valid JSON: "),
        ("[1]\n", "Row 1 wasn't a valid Convex value: expected object, received [1]"),
        ('"x"', 'Row 1 wasn\'t a valid Convex value: expected object, received "x"'),
        (
            '{"a":{"$integer":"AQAAAAAAAAA="}}',
            "Row 1 wasn't a valid Convex value: Field name $integer starts with '$', which is reserved.",
        ),
        (
            '{"\\u0024a":1}',
            "Row 1 wasn't a valid Convex value: Field name $a starts with '$', which is reserved.",
        ),
        ('{"é":1}', "Row 1 wasn't a valid Convex value: Field name é has invalid character 'é'"),
        ("\ufeff{}", "UTF-8 BOM is not supported. Please save your file without BOM."),
    ],
)
def test_a_bad_line_is_named(text: str, start: str) -> None:
    assert problem(lines, text).startswith(start)


def test_a_long_value_that_is_no_object_is_cut() -> None:
    shown = problem(lines, json.dumps("x" * 200))
    assert shown == f"Row 1 wasn't a valid Convex value: expected object, received \"{'x' * 99}..."


def test_json_must_be_utf8() -> None:
    assert problem(lines, b'{"a":"\xff"}') == "Import wasn't valid UTF8: stream did not contain valid UTF-8"


@pytest.mark.parametrize(("text", "start"), [("{}", "Not a JSON array"), ("[", "Not valid JSON: "), ("", "Not valid")])
def test_a_json_file_is_an_array(text: str, start: str) -> None:
    assert problem(array, text).startswith(start)


def test_a_json_array_has_at_most_16_mib() -> None:
    text = f"[{' ' * (16 * 1024 * 1024)}]"
    assert problem(array, text) == (
        "Import is too large for JSON (16777217 bytes > maximum 16 MiB). Consider converting data to JSONLines"
    )


# CSV


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("1", 1),
        ("+5", 5),
        (".5", 0.5),
        ("5.", 5),
        ("1e3", 1000),
        ("-0", -0.0),
        ("1_000", "1_000"),
        (" 1", " 1"),
        ("", ""),
        ("true", "true"),
        ("nan", None),
        ("-Infinity", None),
        ("1e999", None),
        ("٣", "٣"),
        ("0x10", "0x10"),
        (".", "."),
    ],
)
def test_a_cell_is_a_number_if_rust_reads_it_as_one(cell: str, value: Any) -> None:
    assert encode(parse_cell(cell)) == encode(value)


def test_headers_lose_their_spaces_and_cells_do_not() -> None:
    assert table(' a ,"b"\n x ,"1\n2"\n\n3,""\n') == [{"a": " x ", "b": "1\n2"}, {"a": 3, "b": ""}]


def test_empty_cells_of_optional_fields_are_left_out() -> None:
    assert table("a,b\n,\n", "b") == [{"a": ""}]


def test_a_byte_order_mark_before_csv_is_skipped() -> None:
    assert table("\ufeffa\n1\n") == [{"a": 1}]


def test_a_long_cell_is_read() -> None:
    assert table(f"a\n{'x' * 500_000}\n") == [{"a": "x" * 500_000}]


def test_a_file_without_a_line_has_no_rows() -> None:
    assert table("") == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n3\n", "CSV row 3 doesn't have all of the fields in the header"),
        ("a\n1,2\n", "CSV row 2 doesn't have all of the fields in the header"),
        ("$a\n1\n", "CSV header \"$a\" isn't a valid field name: Field name $a starts with '$', which is reserved."),
    ],
)
def test_bad_csv_is_named(text: str, message: str) -> None:
    assert problem(table, text) == message


CELLS = (st.text(st.characters(exclude_categories=["Cs"])) | NUMBERS).filter(
    lambda cell: not isinstance(cell, str) or parse_cell(cell) == cell
)


@given(st.lists(st.fixed_dictionaries({"_id": st.just("x"), "_creationTime": NUMBERS, "a": CELLS, "b c": CELLS})))
def test_csv_comes_back(documents: list[dict[str, Any]]) -> None:
    text = b"".join(write_csv(documents, (), "dump")).decode()
    assert list(map(encode, table(text))) == list(map(encode, documents))


@pytest.mark.parametrize("value", ["12", "nan", None, True, [1], ConvexInt64(1), float("nan")])
def test_csv_refuses_to_write_what_it_would_read_as_something_else(value: Any) -> None:
    with pytest.raises(UsageError, match=r"^t\.dump: the field v of the document x is "):
        list(write_csv([{"_id": "x", "_creationTime": 1, "v": value}], (), "t.dump"))


def test_csv_leaves_out_only_what_is_optional() -> None:
    documents = [{"_id": "x", "_creationTime": 1, "v": 1}, {"_id": "y", "_creationTime": 2}]
    assert b"".join(write_csv(documents, {"v"}, "t.dump")) == b"_creationTime,_id,v\r\n1,x,1\r\n2,y,\r\n"
    with pytest.raises(UsageError, match=r"the field v of the document y is missing and not optional in the schema"):
        list(write_csv(documents, (), "t.dump"))


# Archives


def archive(path: Path, **entries: str) -> Path:
    with zipfile.ZipFile(path / "s.zip", "w") as written:
        for name, text in entries.items():
            written.writestr(name, text)
    return path / "s.zip"


def contents(path: Path) -> dict[tuple[str, str], list[Any]]:
    with open_archive(path) as data:
        return {(rows.component, rows.table): list(rows.rows) for rows in data.tables}


def test_folders_around_a_snapshot_are_ignored_and_those_of_components_are_not(tmp_path: Path) -> None:
    path = archive(
        tmp_path,
        **{
            "wrap/README.md": "x",
            "wrap/users/documents.jsonl": '{"a":1}\n',
            "wrap/_components/a/_components/b/users/documents.jsonl": '{"a":2}\n',
            "__MACOSX/wrap/users/._documents.jsonl": "\0",
            "wrap/_scheduled_jobs/documents.jsonl": "no JSON",
        },
    )
    assert contents(path) == {("", "users"): [{"a": 1}], ("a/b", "users"): [{"a": 2}]}


def test_integers_are_int64_only_where_the_table_is_uniform(tmp_path: Path) -> None:
    path = archive(
        tmp_path,
        **{
            "a/documents.jsonl": '{"n":1}\n',
            "a/generated_schema.jsonl": '"uniform"\n',
            "b/documents.jsonl": '{"n":1}\n',
        },
    )
    found = contents(path)
    assert [type(found["", name][0]["n"]) for name in "ab"] == [ConvexInt64, int]


def test_the_schema_of_older_exports_is_refused(tmp_path: Path) -> None:
    path = archive(tmp_path, **{"a/generated_schema.jsonl": '"{a: int64}"\n', "a/documents.jsonl": ""})
    assert problem(contents, path) == "not supported: a/generated_schema.jsonl in the format of older exports"


def test_tables_say_their_numbers(tmp_path: Path) -> None:
    path = archive(tmp_path, **{"_tables/documents.jsonl": '{"id":10007,"name":"a"}\n{"name":"b","id":10008.0}\n'})
    with open_archive(path) as data:
        assert data.numbers == {("", "a"): 10007, ("", "b"): 10008}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"id":1}', "Row 1 wasn't a valid Convex value: table requires name"),
        ('{"name":"a"}', "Row 1 wasn't a valid Convex value: table requires id (received None)"),
        ('{"name":"a","id":1}\n{"name":"a","id":2}', "`_tables` contains duplicate entries for `a`"),
    ],
)
def test_bad_lines_about_tables_are_named(tmp_path: Path, line: str, message: str) -> None:
    assert problem(contents, archive(tmp_path, **{"_tables/documents.jsonl": line})) == message


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.zip"
    path.write_bytes(b"PK\x03\x04 cut off")
    assert problem(contents, path) == "invalid zip file"


@given(data=st.data())
def test_a_damaged_archive_is_refused_or_read_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    text = "".join(f'{{"a":"row {number}"}}\n' for number in range(200))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as written:
        written.writestr("t/documents.jsonl", text)
    damaged = bytearray(buffer.getvalue())
    position = data.draw(st.integers(0, len(damaged) - 1))
    damaged[position] ^= data.draw(st.integers(1, 255))
    rows = [json.loads(line) for line in text.splitlines()]
    path = tmp_path_factory.getbasetemp() / "damaged.zip"
    path.write_bytes(damaged)
    try:
        found = contents(path)
    except ImportProblem:
        return
    # What was hit says nothing about the rows: a date, or the name of the table.
    assert all(table == rows for table in found.values())
