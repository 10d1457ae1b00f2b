"""`t.outbound`: what answers the `fetch` of functions. Requests and responses are those of `httpx2`.

Nothing leaves the process unless the test's `network` is on. What nobody answers rejects in JavaScript with the remedy,
and is remembered: `verify` raises for it at the end of the test, because the function may have swallowed the rejection.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from convex_test.backend.web import WebRequest, WebResponse
from convex_test.errors import FunctionError, UsageError
from convex_test.harness.routes import Route, UrlPattern, check_handler, handle

if TYPE_CHECKING:
    import re

    import httpx2

    from convex_test.harness.routes import Handler

USER_AGENT: Final = "Convex/1.0"
SHORT_CUTS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True, slots=True)
class OutboundCall:
    """One `fetch` of a function; no response when nobody answered it."""

    request: httpx2.Request
    response: httpx2.Response | None


class Outbound:
    """Answers to the `fetch` of functions, and what they have fetched.

    Attributes:
        calls: every fetch so far, in order; redirects count for themselves.
        allow_unmatched: set it to True when a fetch that nobody answers is to fail in the function alone.
        allow_unused: set it to True when routes may stay unused.
    """

    def __init__(self, *, network: bool = False) -> None:
        self.calls: list[OutboundCall] = []
        self.allow_unmatched = False
        self.allow_unused = False
        self._network = network
        self._routes: list[Route] = []
        self._fallback: Handler | None = None
        self._unmatched: list[str] = []
        self._refused: list[str] = []
        self._forks: list[Outbound] = []

    def get(self, url: str | re.Pattern[str]) -> Route:
        """A route for GET: `t.outbound.get("https://api.example.com/users").respond(json=[])`. See `route`."""
        return self.route("GET", url)

    def post(self, url: str | re.Pattern[str]) -> Route:
        """A route for POST. See `route`."""
        return self.route("POST", url)

    def put(self, url: str | re.Pattern[str]) -> Route:
        """A route for PUT. See `route`."""
        return self.route("PUT", url)

    def patch(self, url: str | re.Pattern[str]) -> Route:
        """A route for PATCH. See `route`."""
        return self.route("PATCH", url)

    def delete(self, url: str | re.Pattern[str]) -> Route:
        """A route for DELETE. See `route`."""
        return self.route("DELETE", url)

    def route(self, method: str, url: str | re.Pattern[str]) -> Route:
        """A route, which `.respond(…)` or `.mock(…)` gives its answers.

        Args:
            method: such as "POST".
            url: a URL, whose query counts if it has one, or a compiled regular expression that is searched in the URL.
                Of several routes for one request the one that was made last counts.
        """
        if not isinstance(method, str) or not method:
            raise UsageError(f"t.outbound.route({method!r}, …): expected an HTTP method such as 'POST'.")
        made = Route(method.upper(), UrlPattern.of(url))
        self._routes.append(made)
        return made

    def mock(self, handler: Handler) -> None:
        """Answers all that no route is for: a function from `httpx2.Request` to `httpx2.Response`, or a transport."""
        self._fallback = check_handler("t.outbound.mock", handler)

    def fork(self) -> Outbound:
        """That of a fork of `t`: no routes and no calls yet. What ends this one ends it, too."""
        made = Outbound(network=self._network)
        self._forks.append(made)
        return made

    def twin(self) -> Outbound:
        """That of a twin of `t`: the same answers, and no calls yet. Whether it was asked in vain is for nobody."""
        made = Outbound(network=self._network)
        made._routes, made._fallback = self._routes.copy(), self._fallback
        return made

    @property
    def unmatched(self) -> list[str]:
        """What functions fetched and nobody answered, such as "GET https://api.example.com/"."""
        return self._unmatched

    # The deployment's side

    def answer(self, request: WebRequest) -> WebResponse:
        """Answers one request of a function.

        Raises:
            FunctionError: nobody answers, or who does raised an error of the HTTP library.
        """
        import httpx2

        made = httpx2.Request(request.method, request.url, headers=_raw(request), content=request.body)
        response = None
        try:
            response, chunks = self._respond(made)
        except httpx2.HTTPError as error:
            raise FunctionError(f"error sending request for url ({request.url}): {error}") from error
        finally:
            self.calls.append(OutboundCall(made, response))
        return _web_response(response, chunks)

    def refuse(self, what: str) -> None:
        """See `World`."""
        self._refused.append(what)

    def _respond(self, request: httpx2.Request) -> tuple[httpx2.Response, tuple[bytes, ...]]:
        route = next((route for route in reversed(self._routes) if route.matches(request)), None)
        if route is not None:
            return route.answer(request)
        if self._fallback is not None:
            return handle(self._fallback, request, "t.outbound.mock")
        if self._network:
            return _send(request)
        self._unmatched.append(f"{request.method} {request.url}")
        raise FunctionError(self._refusal(request))

    def _refusal(self, request: httpx2.Request) -> str:
        text = (
            f"Nobody answers {request.method} {request.url}: nothing leaves the process in a test. "
            f"Answer it with {_remedy(request.method, str(request.url))}, "
            "or let it out with @pytest.mark.convex(network=True)."
        )
        return f"{text} t.outbound has {', '.join(map(str, self._routes[:5]))}." if self._routes else text

    # The end of the test

    def dismiss(self) -> None:
        """The test has failed, so `verify` has nothing to add."""
        self.allow_unmatched = self.allow_unused = True
        for fork in self._forks:
            fork.dismiss()

    def verify(self) -> None:
        """Raises `UsageError` when a function fetched what nobody answers, or nobody fetched what a route is for."""
        problems = []
        if self._unmatched and not self.allow_unmatched:
            method, _, url = self._unmatched[0].partition(" ")
            problems.append(
                "Functions fetched what t.outbound has no answer for:\n"
                + "".join(f"    {unmatched}\n" for unmatched in self._unmatched)
                + f"Add {_remedy(method, url)}. "
                "Or set t.outbound.allow_unmatched = True, and such a fetch fails in the function alone."
            )
        if self._refused and not self.allow_unmatched:
            problems.append(
                "Node actions have tried to reach the network:\n"
                + "".join(f"    {refused}\n" for refused in self._refused)
                + "t.outbound answers HTTP alone. Let other connections out with @pytest.mark.convex(network=True), or "
                "set t.outbound.allow_unmatched = True, and they fail in the function alone."
            )
        unused = [route for route in self._routes if not route.is_used]
        if unused and not self.allow_unused:
            problems.append(
                "No function fetched what these routes of t.outbound are for:\n"
                + "".join(f"    {route}\n" for route in unused)
                + "Remove them, or set t.outbound.allow_unused = True."
            )
        if problems:
            raise UsageError("\n\n".join(problems))
        for fork in self._forks:
            fork.verify()


def _remedy(method: str, url: str) -> str:
    start = f'{method.lower()}("{url}")' if method in SHORT_CUTS else f'route("{method}", "{url}")'
    return f"t.outbound.{start}.respond(json=…)"


def _raw(request: WebRequest) -> list[tuple[bytes, bytes]]:
    try:
        return [(name.encode("ascii"), value.encode("latin-1")) for name, value in request.headers]
    except UnicodeEncodeError as problem:
        character = problem.object[problem.start]
        raise FunctionError(f"invalid char for header: `{character}`") from None


def _send(request: httpx2.Request) -> tuple[httpx2.Response, tuple[bytes, ...]]:
    """Out into the world, as production's client does it."""
    import httpx2

    request.headers.setdefault("user-agent", USER_AGENT)
    request.headers.setdefault("accept", "*/*")
    with httpx2.Client(follow_redirects=False, timeout=30.0) as client:
        response = client.send(request)
    return response, (response.content,)


def _web_response(response: httpx2.Response, chunks: tuple[bytes, ...]) -> WebResponse:
    # What came compressed has been unpacked.
    left_out = {"content-encoding", "content-length"} if "content-encoding" in response.headers else set()
    headers = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in response.headers.raw]
    kept = tuple(pair for pair in headers if pair[0] not in left_out)
    return WebResponse(response.status_code, kept, chunks)
