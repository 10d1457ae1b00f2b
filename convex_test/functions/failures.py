"""From what JavaScript threw to the error a test gets.

Texts follow `crates/common/src/errors.rs` and `crates/isolate/src/environment/helpers`. npm's `convex` makes a fresh
`Error` from the message of a failed syscall, so the error that was delivered is found again by its message.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import orjson

from convex_test.errors import (
    ConvexError,
    FunctionError,
    FunctionTimeoutError,
    LimitError,
    OutOfMemoryError,
    UnsupportedError,
)
from convex_test.values.codec import decode, encode
from convex_test.values.invalid import InvalidValueError
from convex_test.values.python import from_python, to_python

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convex_test.errors import Frame
    from convex_test.functions.runtime import ProjectRuntime

MAXIMUM_TEXT: Final = 65536
MAXIMUM_FRAMES: Final = 10
"""V8's `Error.stackTraceLimit`."""
SHORTEST_EXHAUSTION: Final = 0.03
"""Seconds; filling the memory limit with anything takes longer."""


def read_json(text: str) -> Any:
    """JSON that the prelude wrote about errors or console lines.

    Unlike values those may hold halves of surrogate pairs; the backend turns them into U+FFFD.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        escaped = json.dumps(json.loads(text), ensure_ascii=False)
        return orjson.loads(escaped.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


def rejection(error: FunctionError) -> str:
    """The JSON that a syscall's promise is rejected with."""
    message = orjson.dumps(display(error)).decode()
    if not isinstance(error, ConvexError):
        return f'{{"message":{message}}}'
    data = error.data_json or encode(from_python(error.data, "ConvexError(data)"))
    return f'{{"message":{message},"data":{data}}}'


def display(error: FunctionError) -> str:
    """The error with its frames, each on a line that ends in a line feed, as the backend passes it on."""
    return error.text + ("\n" + "".join(f"{frame}\n" for frame in error.frames) if error.frames else "")


def thrown_error(
    runtime: ProjectRuntime,
    failure: Mapping[str, Any],
    delivered: Mapping[str, tuple[FunctionError, bool]],
    details: dict[str, Any],
    running_time: float,
) -> FunctionError:
    """The error for an uncaught JavaScript exception.

    `delivered` has the errors that syscalls of this execution were rejected with, by message, and whether each came
    from another function. `running_time` is that of the execution, in seconds.
    """
    frames = _frames(runtime, failure)
    text = _cut(failure["text"])
    message = failure["message"]
    details = {**details, "name": failure["name"], "message": message, "frames": frames}
    if failure.get("unsupported"):
        return UnsupportedError(text, **details)
    if is_out_of_memory(failure, running_time):
        return out_of_memory(**details)
    known, from_function = delivered.get(message, (None, False))
    if "data" in failure:
        error = _convex_error(failure["data"], text, details)
        error.__cause__ = known if from_function else None
        return error
    if known is None or failure["name"] != "Error":
        return FunctionError(text, **details)
    if not from_function:
        return _same_class(known, text, details)
    error = FunctionError(text, **details)
    error.__cause__ = known
    return error


def is_out_of_memory(failure: Mapping[str, Any], running_time: float) -> bool:
    """Whether JavaScript ran out of memory.

    QuickJS says so by an `InternalError`, or, when not even that fits, by throwing null. So does `throw null`; but
    nobody fills the memory in a few milliseconds. Known gap: in production no `catch` stops this.
    """
    if failure["name"] == "InternalError":
        return bool(failure["message"] == "out of memory")
    return failure["text"] == "Uncaught null" and running_time > SHORTEST_EXHAUSTION


def timed_out(seconds: float, **details: Any) -> FunctionTimeoutError:
    """The error for a function that ran too long; production's text with the number in force."""
    return FunctionTimeoutError(f"Function execution timed out (maximum duration: {seconds:g}s)", **details)


def out_of_memory(**details: Any) -> OutOfMemoryError:
    """The error for a function that used too much memory."""
    return OutOfMemoryError("JavaScript execution ran out of memory (maximum memory usage: 64 MB)", **details)


def _convex_error(data_json: str, text: str, details: dict[str, Any]) -> FunctionError:
    try:
        data = to_python(decode(data_json))
    except InvalidValueError as problem:
        return FunctionError(f"ConvexError with invalid data: {problem}", **details)
    error = ConvexError(data, text, **details)
    error.data_json = data_json
    return error


def _same_class(known: FunctionError, text: str, details: dict[str, Any]) -> FunctionError:
    if isinstance(known, LimitError):
        return LimitError(text, limit=known.limit, used=known.used, **details)
    return type(known)(text, **details)


def _frames(runtime: ProjectRuntime, failure: Mapping[str, Any]) -> list[Frame]:
    frames = runtime.frames(failure["stack"])
    for frame in runtime.frames(failure["origin"]):
        if frame not in frames:
            frames.append(frame)
    return frames[:MAXIMUM_FRAMES]


def _cut(text: str) -> str:
    if len(text) <= MAXIMUM_TEXT // 4:
        return text
    return text.encode("utf-8", "replace")[:MAXIMUM_TEXT].decode("utf-8", "ignore")
