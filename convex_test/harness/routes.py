"""Routes of `t.outbound`: which request, and what to answer it with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from convex_test.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx2

Handler: TypeAlias = "Callable[[httpx2.Request], httpx2.Response] | httpx2.BaseTransport"
Answer: TypeAlias = "tuple[httpx2.Response, tuple[bytes, ...]]"
"""A response that has been read, and the pieces that its body came in."""

_ABSENT: Final = object()


@dataclass(frozen=True, slots=True)
class UrlPattern:
    """Which URLs a route is for."""

    url: httpx2.URL | None = None
    regex: re.Pattern[str] | None = None

    @classmethod
    def of(cls, pattern: object) -> UrlPattern:
        """The pattern that a test gave. Raises `UsageError` for anything else than a URL or a regular expression."""
        import httpx2

        if isinstance(pattern, re.Pattern) and isinstance(pattern.pattern, str):
            return cls(regex=pattern)
        if isinstance(pattern, str):
            try:
                url = httpx2.URL(pattern)
            except httpx2.InvalidURL:
                url = httpx2.URL("")
            if url.scheme in ("http", "https") and url.host:
                return cls(url=url)
        raise UsageError(
            f"t.outbound: a route is for a URL such as 'https://api.example.com/users', or for a compiled regular "
            f"expression, not for {pattern!r:.200}."
        )

    def matches(self, url: httpx2.URL) -> bool:
        """A URL without a query is for every query; the order of a query's parameters does not count."""
        if self.regex is not None:
            return self.regex.search(str(url)) is not None
        wanted = self.url
        if wanted is None or _place(wanted) != _place(url):
            return False
        return not wanted.query or sorted(wanted.params.multi_items()) == sorted(url.params.multi_items())

    def __str__(self) -> str:
        return str(self.url) if self.regex is None else f"/{self.regex.pattern}/"


class Route:
    """Answers to requests with one method to some URLs. Made by `t.outbound.get(…)` and the like."""

    def __init__(self, method: str, pattern: UrlPattern) -> None:
        self._method = method
        self._pattern = pattern
        self._answers: list[Callable[[httpx2.Request], Answer]] = []
        self._given = 0

    def respond(
        self,
        status_code: int = 200,
        *,
        json: Any = _ABSENT,
        text: str | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | Iterable[tuple[str, str]] | None = None,
        stream: Iterable[bytes | str] | None = None,
    ) -> Route:
        """Answers with this response. Called again, it answers the next request; the last answer is for all later ones.

        Args:
            status_code: from 200 to 599.
            json: a JSON value as the body.
            text: a text as the body.
            content: bytes as the body.
            headers: of the response.
            stream: the body in pieces, as a function sees them that reads `response.body`.

        Raises:
            UsageError: a value that a response cannot have.
        """
        where = f"t.outbound: {self}: respond()"
        if isinstance(status_code, bool) or not isinstance(status_code, int) or not 200 <= status_code <= 599:
            raise UsageError(f"{where}: the status code is an int from 200 to 599, not {status_code!r}.")
        bodies = {"json": json is not _ABSENT, "text": text is not None, "content": content is not None}
        given = [name for name, is_given in (bodies | {"stream": stream is not None}).items() if is_given]
        if len(given) > 1:
            raise UsageError(f"{where}: a response has one body, not {' and '.join(given)}.")
        pairs = list(headers.items()) if isinstance(headers, Mapping) else list(headers or [])
        if stream is not None:
            pieces = tuple(map(_piece, stream))
        else:
            body, kind = _body(where, json, text, content)
            pieces = (body,)
            pairs = _with_defaults(pairs, {"content-type": kind, "content-length": str(len(body))})
        self._answers.append(lambda request: _response(request, status_code, pairs, pieces))
        return self

    def mock(self, handler: Handler) -> Route:
        """Answers with what a function makes of an `httpx2.Request`, or with a transport."""
        checked = check_handler(f"t.outbound: {self}: mock", handler)
        self._answers.append(lambda request: handle(checked, request, f"the mock of {self}"))
        return self

    # The side of `Outbound`

    @property
    def is_used(self) -> bool:
        """Whether it has answered a request."""
        return self._given > 0

    def matches(self, request: httpx2.Request) -> bool:
        """Whether it is for this request."""
        return request.method == self._method and self._pattern.matches(request.url)

    def answer(self, request: httpx2.Request) -> Answer:
        """The next response. Raises `UsageError` when it was never given one."""
        if not self._answers:
            raise UsageError(f"t.outbound: {self} has no answer: add .respond(json=…) or .mock(…) to it.")
        self._given += 1
        return self._answers[min(self._given, len(self._answers)) - 1](request)

    def __str__(self) -> str:
        return f"{self._method} {self._pattern}"


def check_handler(where: str, handler: Handler) -> Handler:
    """A mock, if it is one. Raises `UsageError` otherwise."""
    if callable(handler) or hasattr(handler, "handle_request"):
        return handler
    raise UsageError(
        f"{where}({handler!r:.200}): expected a function from httpx2.Request to httpx2.Response, or a transport."
    )


def handle(handler: Handler, request: httpx2.Request, where: str) -> Answer:
    """What a mock or a transport answers. What it raises comes out."""
    import httpx2

    response = handler.handle_request(request) if hasattr(handler, "handle_request") else handler(request)
    if not isinstance(response, httpx2.Response):
        raise UsageError(f"{where}: expected an httpx2.Response, but it returned {response!r:.200}.")
    if response.is_stream_consumed:
        return response, (response.content,)
    pieces = tuple(response.iter_raw())
    return _response(request, response.status_code, response.headers.multi_items(), pieces)


def _place(url: httpx2.URL) -> tuple[object, ...]:
    return url.scheme, url.host, url.port, url.raw_path.partition(b"?")[0]


def _piece(piece: object) -> bytes:
    if isinstance(piece, str):
        return piece.encode()
    if isinstance(piece, bytes):
        return piece
    raise UsageError(f"t.outbound: respond(stream=…): a piece is bytes or str, not {piece!r:.200}.")


def _body(where: str, json: object, text: str | None, content: bytes | None) -> tuple[bytes, str | None]:
    """The body, and the content type that it has unless the test says otherwise."""
    if json is not _ABSENT:
        import json as library

        try:
            return library.dumps(json, ensure_ascii=False, allow_nan=False).encode(), "application/json"
        except (TypeError, ValueError) as problem:
            raise UsageError(f"{where}: json={json!r:.200} is no JSON value: {problem}.") from None
    for name, value, kind in (("text", text, str), ("content", content, bytes)):
        if value is not None and not isinstance(value, kind):
            raise UsageError(f"{where}: {name}={value!r:.200}: expected {kind.__name__}.")
    if text is not None:
        return text.encode(), "text/plain; charset=utf-8"
    return content or b"", None


def _with_defaults(headers: list[tuple[str, str]], defaults: Mapping[str, str | None]) -> list[tuple[str, str]]:
    given = {name.lower() for name, _ in headers}
    added = [(name, value) for name, value in defaults.items() if value is not None and name not in given]
    return [*headers, *added]


def _response(
    request: httpx2.Request, status: int, headers: list[tuple[str, str]], pieces: tuple[bytes, ...]
) -> Answer:
    import httpx2

    made = httpx2.Response(status, headers=headers, stream=httpx2.ByteStream(b"".join(pieces)), request=request)
    made.read()
    return made, pieces
