"""HTTP requests and responses as the backend sees them; what carries them is the business of others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

import orjson

PLAIN_TEXT: Final = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class WebRequest:
    """A request. Header names are in lower case, and may come more than once; no body is None."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None

    def header(self, name: str) -> str | None:
        """The first header of that name."""
        return next((value for key, value in self.headers if key == name), None)


@dataclass(frozen=True, slots=True)
class WebResponse:
    """A response. `chunks` is the body in the pieces in which it was sent; `broken` says that it ends too early."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    chunks: tuple[bytes, ...] = ()
    broken: bool = False

    def header(self, name: str) -> str | None:
        """The first header of that name, which is in lower case."""
        return next((value for key, value in self.headers if key.lower() == name), None)

    @property
    def body(self) -> bytes:
        """The whole body."""
        return b"".join(self.chunks)


class World(Protocol):
    """Answers what functions fetch from elsewhere."""

    def answer(self, request: WebRequest) -> WebResponse:
        """The response. Raises `FunctionError` for what the function is told; other errors end the test's call."""

    def refuse(self, what: str) -> None:
        """A function has tried something else, such as "a connection to localhost:5432", and was refused."""


def text_response(status: int, text: str) -> WebResponse:
    """A response of the server's own."""
    body = text.encode()
    return WebResponse(status, (("content-type", PLAIN_TEXT), ("content-length", str(len(body)))), (body,))


def json_response(status: int, value: dict[str, object]) -> WebResponse:
    """A response of the server's own."""
    body = orjson.dumps(value)
    return WebResponse(status, (("content-type", "application/json"), ("content-length", str(len(body)))), (body,))
