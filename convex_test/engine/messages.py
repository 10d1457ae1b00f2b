"""The lines of a context's outbox; `prelude/src/mailbox.js` writes them."""

from __future__ import annotations

from typing import NamedTuple

from convex_test.errors import InternalError


class Request(NamedTuple):
    """JavaScript wants `op` done and holds a promise for the answer."""

    id: str
    op: str
    args: str


class Outbox(NamedTuple):
    """What one pump of the job queue brought."""

    requests: list[Request]
    notices: list[tuple[str, str]]
    logs: list[str]
    result: str | None
    failure: str | None


EMPTY = Outbox([], [], [], None, None)


def parse(text: str) -> Outbox:
    """Reads the outbox. Of several results or failures the first counts: a call settles once."""
    if not text:
        return EMPTY
    requests: list[Request] = []
    notices: list[tuple[str, str]] = []
    logs: list[str] = []
    result: str | None = None
    failure: str | None = None
    for line in text.split("\n"):
        sign, _, rest = line.partition(" ")
        if sign == "=":
            result = rest if result is None else result
        elif sign == "!":
            failure = rest if failure is None else failure
        elif sign == "#":
            logs.append(rest)
        elif sign == "-":
            op, _, args = rest.partition(" ")
            notices.append((op, args))
        elif sign.isdecimal():
            op, _, args = rest.partition(" ")
            requests.append(Request(sign, op, args))
        else:
            raise InternalError(f"The prelude sent a line that the host does not know: {line[:200]!r}")
    return Outbox(requests, notices, logs, result, failure)
