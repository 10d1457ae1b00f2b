"""`fetch` in functions: what it sends, what comes back, redirects."""

from __future__ import annotations

import httpx2
import pytest

from convex_test import FunctionError, js

URL = "https://api.example.com/users"
GET = js("async (ctx, url, options) => await (await fetch(url, options)).text()")
STATUS = js("async (ctx, url, options) => (await fetch(url, options)).status")


def failure(call, *args):
    with pytest.raises(FunctionError) as caught:
        call(*args)
    return caught.value.text


# Answers


def test_json(t):
    t.outbound.get(URL).respond(json={"name": "Sarah"})

    assert t.action(js("async (ctx, url) => await (await fetch(url)).json()"), URL) == {"name": "Sarah"}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"json": None}, "null"),
        ({"text": "héllo"}, "héllo"),
        ({"content": b"bytes"}, "bytes"),
        ({"stream": [b"one ", "two"]}, "one two"),
        ({}, ""),
    ],
)
def test_bodies(t, answer, expected):
    t.outbound.get(URL).respond(**answer)

    assert t.action(GET, URL) == expected


def test_what_a_function_sees_of_a_response(t):
    t.outbound.get(URL).respond(status_code=404, text="no", headers={"X-Request-Id": "7"})
    source = """async (ctx, url) => {
        const response = await fetch(url + "?a=1");
        const { ok, redirected, status, statusText, type, bodyUsed } = response;
        return [ok, redirected, status, statusText, type, bodyUsed, response.url, Object.fromEntries(response.headers)];
    }"""

    assert t.action(js(source), URL) == [
        False,
        False,
        404,
        "Not Found",
        "basic",
        False,
        f"{URL}?a=1",
        {"x-request-id": "7", "content-type": "text/plain; charset=utf-8", "content-length": "2"},
    ]


def test_headers_that_come_twice(t):
    t.outbound.get(URL).respond(headers=[("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])

    assert t.action(js("async (ctx, url) => (await fetch(url)).headers.getSetCookie()"), URL) == ["a=1", "b=2"]


def test_a_streamed_body_comes_in_its_pieces(t):
    t.outbound.get(URL).respond(stream=["one", "two"])
    source = """async (ctx, url) => {
        const pieces = [];
        const decoder = new TextDecoder();
        const reader = (await fetch(url)).body.getReader();
        for (;;) {
            const { done, value } = await reader.read();
            if (done) return pieces;
            pieces.push(decoder.decode(value));
        }
    }"""

    assert t.action(js(source), URL) == ["one", "two"]


def test_several_answers_come_in_turn_and_the_last_one_stays(t):
    t.outbound.get(URL).respond(500).respond(503).respond(200)

    assert [t.action(STATUS, URL) for _ in range(4)] == [500, 503, 200, 200]


def test_a_route_with_a_mock(t):
    t.outbound.post(URL).mock(lambda request: httpx2.Response(201, text=request.content.decode().upper()))

    assert t.action(GET, URL, {"method": "POST", "body": "abc"}) == "ABC"


def test_a_mock_for_everything(t):
    t.outbound.mock(lambda request: httpx2.Response(200, text=f"{request.method} {request.url}"))

    assert t.action(GET, "https://a.example/x") == "GET https://a.example/x"
    assert t.action(GET, "https://b.example/", {"method": "DELETE"}) == "DELETE https://b.example/"


def test_a_transport_of_the_library(t):
    t.outbound.mock(httpx2.MockTransport(lambda request: httpx2.Response(200, json={"path": request.url.path})))

    assert t.action(GET, URL) == '{"path":"/users"}'


def test_routes_come_before_a_mock_for_everything(t):
    t.outbound.mock(lambda _request: httpx2.Response(200, text="mock"))
    t.outbound.get(URL).respond(text="route")

    assert [t.action(GET, URL), t.action(GET, f"{URL}/1")] == ["route", "mock"]


def test_what_a_mock_raises_comes_out(t):
    def refuse(_request):
        raise LookupError("of the test")

    t.outbound.mock(refuse)
    with pytest.raises(LookupError, match=r"^of the test$"):
        t.action(js("async (ctx, url) => { try { await fetch(url) } catch { return null } }"), URL)


def test_an_error_of_the_library_rejects_in_the_function(t):
    def refuse(request):
        raise httpx2.ConnectError("Connection refused", request=request)

    t.outbound.mock(refuse)
    assert failure(t.action, GET, URL) == (f"Uncaught Error: error sending request for url ({URL}): Connection refused")


# Requests


def test_the_calls_are_remembered(t):
    t.outbound.post(URL).respond(201, json={"id": 1})
    options = {"method": "POST", "body": '{"a":1}', "headers": {"X-Key": "k", "Content-Type": "application/json"}}
    t.action(STATUS, URL, options)

    (call,) = t.outbound.calls
    assert (call.request.method, str(call.request.url), call.request.content) == ("POST", URL, b'{"a":1}')
    assert dict(call.request.headers) == {
        "x-key": "k",
        "content-type": "application/json",
        "content-length": "7",
        "host": "api.example.com",
    }
    assert (call.response.status_code, call.response.json()) == (201, {"id": 1})


@pytest.mark.parametrize(
    ("body", "content", "content_type"),
    [
        ("'text'", b"text", "text/plain;charset=UTF-8"),
        ("new URLSearchParams({ a: '1 2' })", b"a=1+2", "application/x-www-form-urlencoded;charset=UTF-8"),
        ("new Blob(['blob'], { type: 'image/png' })", b"blob", "image/png"),
        ("new Uint8Array([0, 255])", b"\0\xff", None),
        ("new Uint8Array([1, 2]).buffer", b"\1\2", None),
    ],
)
def test_bodies_of_requests(t, body, content, content_type):
    t.outbound.post(URL).respond()
    t.action(js(f"async (ctx, url) => {{ await fetch(url, {{ method: 'POST', body: {body} }}) }}"), URL)

    (call,) = t.outbound.calls
    assert call.request.content == content
    assert call.request.headers.get("content-type") == content_type


def test_a_form_with_a_file(t):
    t.outbound.post(URL).respond()
    source = """async (ctx, url) => {
        const form = new FormData();
        form.append("name", "Sarah");
        form.append("file", new Blob(["hello"], { type: "text/plain" }), "a.txt");
        await fetch(url, { method: "POST", body: form });
    }"""
    t.action(js(source), URL)

    request = t.outbound.calls[0].request
    assert request.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b'name="file"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\nhello\r\n' in request.content


def test_a_streamed_request_body(t):
    t.outbound.post(URL).respond()
    source = """async (ctx, url) => {
        const encoder = new TextEncoder();
        const body = new ReadableStream({
            start(controller) {
                for (const piece of ["one", " ", "two"]) controller.enqueue(encoder.encode(piece));
                controller.close();
            },
        });
        await fetch(url, { method: "POST", body });
    }"""
    t.action(js(source), URL)

    assert t.outbound.calls[0].request.content == b"one two"


def test_a_request_object(t):
    t.outbound.put(URL).respond(text="put")
    source = "async (ctx, url) => await (await fetch(new Request(url, { method: 'put', body: 'x' }))).text()"

    assert t.action(js(source), URL) == "put"
    assert t.outbound.calls[0].request.content == b"x"


def test_many_at_once(t):
    t.outbound.mock(lambda request: httpx2.Response(200, text=request.url.path))
    source = """async (ctx) => await Promise.all(
        ["a", "b", "c"].map(async (path) => await (await fetch("https://example.com/" + path)).text()),
    )"""

    assert t.action(js(source)) == ["/a", "/b", "/c"]


@pytest.mark.parametrize("url", ["ftp://example.com/", "file:///etc/passwd"])
def test_other_schemes_are_refused(t, url):
    scheme = url.split(":", maxsplit=1)[0]

    assert failure(t.action, GET, url) == (
        f"Uncaught TypeError: Unsupported URL scheme -- http and https are supported (scheme was {scheme})"
    )


@pytest.mark.parametrize("kind", ["query", "mutation"])
def test_not_in_transactions(t, kind):
    assert failure(getattr(t, kind), GET, URL) == (
        "Uncaught Error: Can't use fetch() in queries and mutations. Please consider using an action. "
        "See https://docs.convex.dev/functions/actions for more details."
    )
    assert t.outbound.calls == []


# Redirects


def redirect(t, status, *, method="GET", location="/second"):
    t.outbound.route(method, "https://a.example/first").respond(status, headers={"location": location})


def test_a_redirect_is_followed(t):
    redirect(t, 302)
    t.outbound.get("https://a.example/second").respond(text="there")
    source = "async (ctx, url) => { const r = await fetch(url); return [await r.text(), r.redirected, r.url]; }"

    assert t.action(js(source), "https://a.example/first") == ["there", True, "https://a.example/second"]
    assert [str(call.request.url) for call in t.outbound.calls] == [
        "https://a.example/first",
        "https://a.example/second",
    ]


@pytest.mark.parametrize(
    ("status", "method", "body"), [(301, "GET", b""), (302, "GET", b""), (303, "GET", b""), (307, "POST", b"x")]
)
def test_what_becomes_of_a_post(t, status, method, body):
    redirect(t, status, method="POST")
    t.outbound.route(method, "https://a.example/second").respond()
    t.action(STATUS, "https://a.example/first", {"method": "POST", "body": "x"})

    second = t.outbound.calls[1].request
    assert (second.method, second.content) == (method, body)
    assert ("content-type" in second.headers) == (body != b"")


def test_another_origin_does_not_get_the_authorization(t):
    redirect(t, 302, location="https://b.example/second")
    t.outbound.get("https://b.example/second").respond()
    t.action(STATUS, "https://a.example/first", {"headers": {"Authorization": "Bearer x", "X-Other": "y"}})

    headers = t.outbound.calls[1].request.headers
    assert "authorization" not in headers
    assert headers["x-other"] == "y"


def test_a_redirect_may_be_left_to_the_function(t):
    redirect(t, 302)

    assert t.action(STATUS, "https://a.example/first", {"redirect": "manual"}) == 302


def test_a_redirect_may_be_an_error(t):
    redirect(t, 302)

    assert failure(t.action, STATUS, "https://a.example/first", {"redirect": "error"}) == (
        "Uncaught TypeError: fetch attempted redirect"
    )


def test_a_redirect_that_leads_nowhere(t):
    t.outbound.get(URL).respond(302)

    assert t.action(STATUS, URL) == 302


def test_too_many_redirects(t):
    t.outbound.get(URL).respond(302, headers={"location": URL})

    assert failure(t.action, STATUS, URL) == "Uncaught TypeError: fetch too many redirects"
    assert len(t.outbound.calls) == 21


def test_a_streamed_body_cannot_be_sent_again(t):
    redirect(t, 307, method="POST")
    source = """async (ctx, url) => {
        const body = new ReadableStream({ start(controller) { controller.close(); } });
        await fetch(url, { method: "POST", body });
    }"""

    assert failure(t.action, js(source), "https://a.example/first") == (
        "Uncaught TypeError: fetch cannot redirect with streamed body"
    )


# Aborting


def test_a_fetch_that_is_aborted(t):
    t.outbound.allow_unused = True
    t.outbound.get(URL).respond()
    source = """async (ctx, url) => {
        const controller = new AbortController();
        const response = fetch(url, { signal: controller.signal });
        controller.abort();
        try { await response; } catch (error) { return [error.name, error.message, error instanceof DOMException]; }
    }"""

    assert t.action(js(source), URL) == ["AbortError", "The signal has been aborted", True]
