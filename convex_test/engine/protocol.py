"""What both engines offer to who runs a function in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from convex_test.engine.messages import Outbox
    from convex_test.engine.pool import Isolation


class Context(Protocol):
    """A place where one function runs at a time: see `JavaScriptContext` for its attributes, and `NodeContext`."""

    broken: bool
    running_time: float
    owner: object
    environment: object
    environment_version: int
    tables: object

    def limit_time(self, seconds: float) -> None:
        """Sets the limit of the function's own running time, and starts the count."""

    def call(self, function: str, *args: str) -> object:
        """Calls one of the functions that the engine's JavaScript half offers."""

    def resolve(self, request_id: str, text: str) -> None:
        """Fulfils the promise of a request with a text."""

    def reject(self, request_id: str, error_json: str) -> None:
        """Rejects the promise of a request; the JSON is `{message, data?}`."""

    def pump(self, patience: float | None = None) -> Outbox:
        """Runs the function until it asks for something, ends, or has nothing left to do.

        `patience` is how many seconds one that is at work outside of JavaScript may take before others go on.
        """


class Pool(Protocol):
    """Contexts for the functions of Convex's own runtime: see `ContextPool` and `DebugPool`."""

    def acquire(self, owner: object, isolation: Isolation) -> Context:
        """A context whose module state belongs to `owner`, or is fresh."""

    def release(self, context: Any, isolation: Isolation) -> None:
        """Takes a context of its own back."""

    def forget(self, owner: object) -> None:
        """The owner has ended."""
