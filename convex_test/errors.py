"""Every error a user can meet.

    ConvexTestError
    ├── ProjectError                 the project cannot be found, bundled or loaded
    ├── UsageError                   this library was called wrongly
    ├── FunctionError                a Convex function, or a call of its `ctx`, failed
    │   ├── ConvexError              thrown on purpose by the function; carries `.data`
    │   ├── ArgumentValidationError
    │   ├── ReturnsValidationError
    │   ├── SchemaValidationError
    │   ├── FunctionNotFoundError
    │   ├── LimitError               `.limit`, `.used`
    │   ├── FunctionTimeoutError     cannot be caught in TypeScript
    │   ├── OutOfMemoryError         cannot be caught in TypeScript
    │   └── UnsupportedError         cannot be caught in TypeScript
    ├── SchedulerLoopError           scheduled functions that never come to an end
    └── InternalError                a bug in this library

Texts of `FunctionError` are the backend's own, word for word, because tests match on them; where each was
read is said in the module that raises it. Texts of the other classes are ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class ConvexTestError(Exception):
    """Base of every error this library raises."""


class ProjectError(ConvexTestError):
    """The Convex project cannot be found, bundled, or loaded."""


class UsageError(ConvexTestError):
    """This library was called wrongly: the message says what was given and what is expected."""


class SchedulerLoopError(ConvexTestError):
    """Scheduled functions keep scheduling each other; the message shows the chain."""


class InternalError(ConvexTestError):
    """A bug in this library. The message says what to put into a bug report."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One line of a TypeScript stack trace. Lines and columns count from 1, as editors do."""

    file: str
    line: int
    column: int
    function: str

    def __str__(self) -> str:
        return f"    at {self.function} ({self.file}:{self.line}:{self.column})"


class FunctionError(ConvexTestError):
    """A Convex function failed, or a call on a `ctx` did.

    `str(error)` begins with the text the backend reports, "Uncaught …" included where it has it.

    Attributes:
        name: the JavaScript class of what was thrown ("Error", "TypeError", …).
        message: what was thrown, without the class and without frames.
        frames: the TypeScript stack, throw site first; empty when no TypeScript was running.
        function: the function that failed, such as "messages:send", or None.
        logs: the console lines of the failed call.
        chain: the calls that led here, outermost first, such as "mutation messages:send".
        root: the project's folder, to which the files of frames are relative.
    """

    def __init__(
        self,
        text: str,
        *,
        name: str = "Error",
        message: str | None = None,
        frames: Sequence[Frame] = (),
        function: str | None = None,
        logs: Sequence[Any] = (),
    ) -> None:
        super().__init__(text)
        self.name = name
        self.message = text if message is None else message
        self.frames: list[Frame] = list(frames)
        self.function = function
        self.logs: list[Any] = list(logs)
        self.chain: list[str] = []
        self.root: Path | None = None

    @property
    def text(self) -> str:
        """The backend's text without the stack trace."""
        return str(self.args[0])

    def __str__(self) -> str:
        return "\n".join([self.text, *map(str, self.frames)])


class ConvexError(FunctionError):
    """An error that a function threw on purpose, with `data` for its caller.

    A Python handler may raise `ConvexError(data)` just as TypeScript throws `new ConvexError(data)`.
    """

    def __init__(self, data: Any, text: str | None = None, **details: Any) -> None:
        if text is None:
            text = data if isinstance(data, str) else repr(data)
        details.setdefault("name", "ConvexError")
        super().__init__(text, **details)
        self.data = data
        self.data_json: str | None = None
        """The data as Convex JSON, when it came from JavaScript."""


class ArgumentValidationError(FunctionError):
    """The arguments of a call do not match the function's `args` validator."""


class ReturnsValidationError(FunctionError):
    """The result of a call does not match the function's `returns` validator."""


class SchemaValidationError(FunctionError):
    """A document does not match the schema of its table."""


class FunctionNotFoundError(FunctionError):
    """No such function, or it is internal and the caller has a client's authority."""


class LimitError(FunctionError):
    """A limit of the backend was crossed.

    Attributes:
        limit: the number in force.
        used: how much the transaction had used when it crossed the limit.
    """

    def __init__(self, text: str, *, limit: float, used: float, **details: Any) -> None:
        super().__init__(text, **details)
        self.limit = limit
        self.used = used


class FunctionTimeoutError(FunctionError):
    """The function ran for too long. TypeScript cannot catch it."""


class OutOfMemoryError(FunctionError):
    """The function used too much memory. TypeScript cannot catch it."""


class UnsupportedError(FunctionError):
    """The function used something of Convex that this library does not have. TypeScript cannot catch it:

    a `catch` would turn what is missing here into an answer that production does not give.
    """
