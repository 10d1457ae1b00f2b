"""Convex values: what they are in Python, how they are written, measured, ordered, named and shown.

Imports only `convex_test.errors`; everything else may import this room. Its truth is the backend's `crates/value`
(and `crates/convex/sync_types/src/identifier.rs` for names); each module says which file it follows.

Hand a value from one module to the next in its canonical form (see `types`). Never compare values with `==`:
in Python `True == 1`, `0 == -0.0` and `ConvexInt64(1) == 1`. Compare `order.encode_key` instead.
"""

from __future__ import annotations

from convex_test.values.codec import decode, decode_fields, decode_or_undefined, decode_parsed, encode, encode_parsed
from convex_test.values.invalid import InvalidValueError
from convex_test.values.names import check_field_name, check_identifier, parse_field_path
from convex_test.values.order import compare, encode_key
from convex_test.values.pending import is_pending, resolve
from convex_test.values.python import from_python, from_python_fields, to_python
from convex_test.values.render import render, type_name
from convex_test.values.size import check_size, format_size, nesting_of, size_of
from convex_test.values.types import CommitTsPlaceholder, ConvexInt64, Undefined, Value, commit_ts, undefined

__all__ = [
    "CommitTsPlaceholder",
    "ConvexInt64",
    "InvalidValueError",
    "Undefined",
    "Value",
    "check_field_name",
    "check_identifier",
    "check_size",
    "commit_ts",
    "compare",
    "decode",
    "decode_fields",
    "decode_or_undefined",
    "decode_parsed",
    "encode",
    "encode_key",
    "encode_parsed",
    "format_size",
    "from_python",
    "from_python_fields",
    "is_pending",
    "nesting_of",
    "parse_field_path",
    "render",
    "resolve",
    "size_of",
    "to_python",
    "type_name",
    "undefined",
]
