"""`t.outbound`: which route answers a `fetch`, what nobody answers, the network, and wrong use."""

from __future__ import annotations

import re
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from convex_test import FunctionError, UsageError, js

URL = "https://api.example.com/users"
GET = js("async (ctx, url, options) => await (await fetch(url, options)).text()")


def failure(call, *args):
    with pytest.raises(FunctionError) as caught:
        call(*args)
    return caught.value.text


# Matching


@pytest.mark.parametrize(
    ("pattern", "url"),
    [
        (URL, URL),
        (URL, f"{URL}?page=2"),
        (f"{URL}?a=1&b=2", f"{URL}?b=2&a=1"),
        ("https://api.example.com", "https://api.example.com/"),
        ("https://API.example.com:443/users", URL),
        ("https://example.com/é", "https://example.com/é"),
        (re.compile(r"/users/\d+$"), f"{URL}/12"),
    ],
)
def test_a_url_matches(t, pattern, url):
    t.outbound.get(pattern).respond(text="found")

    assert t.action(GET, url) == "found"


@pytest.mark.parametrize(
    ("pattern", "url"),
    [
        (URL, f"{URL}/1"),
        (URL, "http://api.example.com/users"),
        (f"{URL}?a=1", URL),
        (f"{URL}?a=1", f"{URL}?a=2"),
        (re.compile(r"/users/\d+$"), URL),
    ],
)
def test_another_url_does_not_match(t, pattern, url):
    t.outbound.get(pattern).respond(text="found")
    t.outbound.allow_unmatched = t.outbound.allow_unused = True

    assert "Nobody answers GET" in failure(t.action, GET, url)


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
def test_each_method_has_routes(t, method):
    getattr(t.outbound, method)(URL).respond(text=method)

    assert t.action(GET, URL, {"method": method.upper()}) == method


def test_any_other_method(t):
    t.outbound.route("HEAD", URL).respond(headers={"x": "1"})

    assert t.action(js("async (ctx, url) => (await fetch(url, { method: 'HEAD' })).headers.get('x')"), URL) == "1"


def test_the_last_of_several_routes_counts(t):
    t.outbound.get(re.compile("example")).respond(text="any")
    t.outbound.get(URL).respond(text="this")

    assert [t.action(GET, URL), t.action(GET, f"{URL}/1")] == ["this", "any"]


# Nobody answers


def test_nobody_answers(t):
    t.outbound.allow_unmatched = True

    assert failure(t.action, GET, URL) == (
        f"Uncaught Error: Nobody answers GET {URL}: nothing leaves the process in a test. "
        f'Answer it with t.outbound.get("{URL}").respond(json=…), '
        "or let it out with @pytest.mark.convex(network=True)."
    )
    (call,) = t.outbound.calls
    assert call.response is None


def test_the_routes_that_there_are_get_named(t):
    t.outbound.allow_unmatched = t.outbound.allow_unused = True
    t.outbound.post(URL).respond()

    assert failure(t.action, GET, URL).endswith(f"t.outbound has POST {URL}.")


def test_it_fails_the_test_even_when_the_function_swallows_it(project):
    with pytest.raises(UsageError) as caught, project.test() as t:
        t.action(js("async (ctx, url) => { try { await fetch(url) } catch { return null } }"), URL)
    assert str(caught.value) == (
        f"Functions fetched what t.outbound has no answer for:\n    GET {URL}\n"
        f'Add t.outbound.get("{URL}").respond(json=…). '
        "Or set t.outbound.allow_unmatched = True, and such a fetch fails in the function alone."
    )


def test_an_unused_route_fails_the_test(project):
    with pytest.raises(UsageError) as caught, project.test() as t:
        t.outbound.get(URL).respond()
    assert str(caught.value) == (
        f"No function fetched what these routes of t.outbound are for:\n    GET {URL}\n"
        "Remove them, or set t.outbound.allow_unused = True."
    )


def test_both_can_be_switched_off(project):
    with project.test() as t:
        t.outbound.allow_unmatched = t.outbound.allow_unused = True
        t.outbound.post(URL).respond()
        failure(t.action, GET, URL)
        assert len(t.outbound.calls) == 1


def test_a_test_that_fails_says_what_it_fails_with(project):
    with pytest.raises(ZeroDivisionError), project.test() as t:
        t.outbound.get(URL).respond()
        _ = 1 / 0


# The network


@pytest.fixture
def server():
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.send_header("x-agent", self.headers["user-agent"])
            self.end_headers()
            self.wfile.write(body.upper())

        def log_message(self, *_args):
            pass

    served = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=served.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{served.server_port}/"
    served.shutdown()
    thread.join()
    served.server_close()


def test_the_network_may_be_let_in(project, server):
    source = """async (ctx, url) => {
        const response = await fetch(url, { method: "POST", body: "abc" });
        return [response.headers.get("x-agent"), await response.text()];
    }"""
    with project.test(network=True) as t:
        assert t.action(js(source), server) == ["Convex/1.0", "ABC"]
        assert t.outbound.calls[0].response.status_code == 200


def test_routes_come_before_the_network(project):
    with project.test(network=True) as t:
        t.outbound.get(URL).respond(text="route")
        assert t.action(GET, URL) == "route"


# Wrong use


@pytest.mark.parametrize("url", ["/users", "ftp://x.example/", "", None, 5, re.compile(b"x")])
def test_a_route_needs_a_url(t, url):
    with pytest.raises(
        UsageError, match=r"^t\.outbound: a route is for a URL such as 'https://api\.example\.com/users'"
    ):
        t.outbound.get(url)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"status_code": 99}, "the status code is an int from 200 to 599, not 99."),
        ({"json": object}, "json=<class 'object'> is no JSON value: "),
        ({"json": 1, "text": "x"}, "a response has one body, not json and text."),
        ({"text": b"x"}, "text=b'x': expected str."),
        ({"content": "x"}, "content='x': expected bytes."),
    ],
)
def test_a_response_that_cannot_be(t, options, text):
    t.outbound.allow_unused = True
    with pytest.raises(UsageError) as caught:
        t.outbound.get(URL).respond(**options)
    assert str(caught.value).startswith(f"t.outbound: GET {URL}: respond(): {text}")


def test_a_route_without_an_answer(t):
    t.outbound.allow_unused = True
    t.outbound.get(URL)
    with pytest.raises(UsageError) as caught:
        t.action(GET, URL)
    assert str(caught.value) == f"t.outbound: GET {URL} has no answer: add .respond(json=…) or .mock(…) to it."


def test_a_mock_that_is_none(t):
    with pytest.raises(UsageError, match=r"^t\.outbound\.mock\(5\): expected a function"):
        t.outbound.mock(5)


def test_a_mock_that_returns_something_else(t):
    t.outbound.mock(lambda _request: {"status": 200})
    with pytest.raises(UsageError, match=r"^t\.outbound\.mock: expected an httpx2\.Response, but it returned \{"):
        t.action(GET, URL)
