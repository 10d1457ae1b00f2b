"""`Headers`, `Request`, `Response` and `fetch` (`npm-packages/udf-runtime/src/2{0,3,6}_*.ts`)."""

from __future__ import annotations

import pytest

from convex_test import FunctionError, js

KINDS = ["query", "mutation", "action"]
USE_NODE = "Consider calling an action defined in Node.js instead (https://docs.convex.dev/functions/actions)."
FILES = {
    "convex/early.ts": """
        import { query } from "./_generated/server";
        const response = new Response("at import");
        const failed = fetch("https://example.com").catch((error: Error) => error.message);
        export const text = query(async () => [await response.text(), await failed]);
    """,
}


def run(t, body, kind="query"):
    return getattr(t, kind)(js(f"async () => {{ {body} }}"))


def value(t, expression, kind="query"):
    return run(t, f"return {expression};", kind)


def failure(t, body, kind="query"):
    with pytest.raises(FunctionError) as caught:
        run(t, body, kind)
    return caught.value.text


# Headers


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("[...new Headers({ B: '1', a: '2' })]", [["b", "1"], ["a", "2"]]),
        ("[...new Headers([['x', '1'], ['y', '2'], ['X', '3']])]", [["x", "1"], ["y", "2"], ["x", "3"]]),
        ("new Headers([['x', '1'], ['X', '3']]).get('x')", "1, 3"),
        ("new Headers().get('x')", None),
        ("new Headers({ a: 1 }).get('A')", "1"),
        ("new Headers(new Headers({ a: '1' })).has('a')", True),
        (
            "(() => { const h = new Headers([['a', '1'], ['b', '2'], ['a', '3']]); h.set('A', '4'); return "
            "[...h]; })()",
            [["b", "2"], ["a", "4"]],
        ),
        ("(() => { const h = new Headers([['a', '1'], ['b', '2']]); h.delete('A'); return [...h.keys()]; })()", ["b"]),
        (
            "(() => { const h = new Headers(); h.append('a', '1'); h.append('a', '2'); return [...h.values()]; })()",
            ["1", "2"],
        ),
        ("new Headers([['set-cookie', 'a=1'], ['Set-Cookie', 'b=2, c']]).getSetCookie()", ["a=1", "b=2, c"]),
        (
            "(() => { const seen = []; new Headers({ a: '1' }).forEach((v, k) => seen.push(k + v)); return seen; })()",
            ["a1"],
        ),
        ("JSON.stringify(new Headers({ a: '1' }))", '{"_headersList":[["a","1"]]}'),
        ("String(new Headers())", "[object Headers]"),
        ("new Headers({ a: '  1 ' }).get('a')", "  1 "),
    ],
)
def test_headers(t, expression, expected):
    assert value(t, expression) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("new Headers({ 'a b': '1' });", "Uncaught TypeError: Failed to execute 'append' on 'Headers: Invalid name"),
        ("new Headers().get('');", "Uncaught TypeError: Failed to execute 'get' on 'Headers: Invalid name"),
        ("new Headers([['a']]);", "Uncaught TypeError: Failed to construct 'Headers': Invalid value"),
        ("new Headers().get(5);", "Uncaught Error: serde_v8 error: invalid type; expected: string, got: Number"),
    ],
)
def test_headers_refuse(t, body, expected):
    assert failure(t, body) == expected


def test_headers_in_the_console(t):
    run(t, "console.log(new Headers({ a: '1' }));")
    assert [line.message for line in t.logs] == ["Headers { a: '1' }"]


# Request


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("new Request('https://e.com').url", "https://e.com/"),
        ("(new Headers(), new Request('https://e.com').constructor === Request)", True),
        ("new Request(new URL('https://e.com/a?b')).url", "https://e.com/a?b"),
        ("new Request('https://e.com').method", "GET"),
        ("new Request('https://e.com', { method: 'post' }).method", "POST"),
        ("new Request('https://e.com', { method: 'purge' }).method", "purge"),
        (
            "new Request('https://e.com', { method: 'POST', body: 'x' }).headers.get('content-type')",
            "text/plain;charset=UTF-8",
        ),
        (
            "new Request('https://e.com', { method: 'POST', body: new URLSearchParams({ a: '1' }) "
            "}).headers.get('content-type')",
            "application/x-www-form-urlencoded;charset=UTF-8",
        ),
        (
            "await new Request('https://e.com', { method: 'POST', body: new URLSearchParams({ a: 'b c' }) }).text()",
            "a=b+c",
        ),
        (
            "new Request('https://e.com', { method: 'POST', body: new Blob(['x'], { type: 'Image/PNG' }) "
            "}).headers.get('content-type')",
            "image/png",
        ),
        ("new Request('https://e.com', { method: 'POST', body: new Uint8Array(2) }).headers.get('content-type')", None),
        (
            "new Request('https://e.com', { method: 'POST', body: 'x', headers: { 'Content-Type': 'a/b' } "
            "}).headers.get('content-type')",
            "a/b",
        ),
        ("await new Request('https://e.com', { method: 'POST', body: '[1]' }).json()", [1]),
        ("await new Request('https://e.com').text()", ""),
        ("new Request('https://e.com').body", None),
        ("new Request(new Request('https://e.com/a', { method: 'PUT', headers: { a: '1' } })).method", "PUT"),
        (
            "new Request(new Request('https://e.com', { headers: { a: '1' } }), { headers: { b: '2' } "
            "}).headers.get('a')",
            None,
        ),
        ("await new Request(new Request('https://e.com', { method: 'POST', body: 'x' })).text()", "x"),
        ("await new Request('https://e.com', { method: 'POST', body: 'x' }).clone().text()", "x"),
        ("new Request('https://e.com').signal.aborted", False),
        (
            "new Request('https://e.com', { signal: (() => { const c = new AbortController(); c.abort(); "
            "return c.signal; })() }).signal.aborted",
            True,
        ),
        ("JSON.stringify(new Request('https://e.com'))", "{}"),
        ("typeof new Request('https://e.com').bytes", "undefined"),
    ],
)
@pytest.mark.parametrize("kind", ["query", "action"])
def test_request(t, kind, expression, expected):
    assert value(t, expression, kind) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            "new Request('https://e.com', { body: 'x' });",
            "Uncaught TypeError: Failed to construct 'Request': Request with GET/HEAD method cannot have body.",
        ),
        (
            "new Request('ftp://e.com');",
            "Uncaught TypeError: Unsupported URL scheme -- http and https are supported (scheme was ftp)",
        ),
        ("new Request('/relative');", "Uncaught TypeError: Invalid URL: '/relative'"),
        ("new Request();", "Uncaught TypeError: Request URL is undefined"),
        ("new Request(5);", "Uncaught TypeError: Failed to parse URL from 5"),
        (
            "const r = new Request('https://e.com', { method: 'POST', body: 'x' }); await r.text(); await r.text();",
            "Uncaught TypeError: Failed to execute 'text' on 'Request': body stream already read",
        ),
        (
            "const r = new Request('https://e.com', { method: 'POST', body: 'x' }); new Request(r); await r.json();",
            "Uncaught TypeError: Failed to execute 'json' on 'Request': body stream already read",
        ),
        (
            "const r = new Request('https://e.com', { method: 'POST', body: 'x' }); new Request(r); new Request(r);",
            "Uncaught TypeError: Failed to execute 'new Request()' on 'Request': body stream already read",
        ),
    ],
)
def test_request_refuses(t, body, expected):
    assert failure(t, body) == expected


@pytest.mark.parametrize(
    "name",
    [
        "destination",
        "referrer",
        "referrerPolicy",
        "mode",
        "credentials",
        "cache",
        "redirect",
        "integrity",
        "keepalive",
        "isReloadNavigation",
        "isHistoryNavigation",
        "duplex",
    ],
)
def test_what_a_request_has_not_cannot_be_caught(t, name):
    body = f"try {{ new Request('https://e.com').{name}; }} catch {{ return 'caught'; }}"
    assert failure(t, body) == f"Not implemented: get {name} for Request. {USE_NODE}"


@pytest.mark.parametrize(
    ("body", "types"),
    [
        (
            "new Request('https://e.com', { method: 'POST', body: {} });",
            "for Request",
        ),
        ("new Response({});", "for Response"),
    ],
)
def test_a_body_of_another_type_cannot_be_caught(t, body, types):
    streams = "FormData | ReadableStream" if "Request" in types else "ReadableStream"
    operation = f"constructor with body type other than string | ArrayBuffer | Blob | {streams} | null"
    text = failure(t, f"try {{ {body} }} catch {{ return 'caught'; }}")
    assert text == f"Not implemented: {operation} {types}. {USE_NODE}"


# Response


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("await new Response('ü').text()", "ü"),
        ("await new Response('{\"a\":1}').json()", {"a": 1}),
        ("[...new Uint8Array(await new Response(new Uint8Array([1, 2, 3]).subarray(1)).arrayBuffer())]", [2, 3]),
        ("await new Response(new TextEncoder().encode('x').buffer).text()", "x"),
        ("await (await new Response('x').blob()).text()", "x"),
        ("(await new Response('x').blob()).type", "text/plain;charset=utf-8"),
        ("await new Response(new Blob(['a', 'b'])).text()", "ab"),
        ("await new Response(new URLSearchParams({ a: '1' })).text()", "a=1"),
        ("new Response(new URLSearchParams({ a: '1' })).headers.get('content-type')", None),
        ("await new Response().text()", ""),
        ("new Response('x').headers.get('content-type')", "text/plain;charset=UTF-8"),
        (
            "(({ status, ok, statusText, url, type, redirected }) => [status, ok, statusText, url, type, "
            "redirected])(new Response())",
            [200, True, "", "", "default", False],
        ),
        ("(({ status, ok }) => [status, ok])(new Response(null, { status: '404' }))", [404, False]),
        ("await Response.json({ a: [1] }).text()", '{"a":[1]}'),
        (
            "Response.json(1, { status: 201, headers: { 'content-type': 'a/b' } }).headers.get('content-type')",
            "application/json",
        ),
        ("(({ status, headers }) => [status, headers.get('location')])(Response.redirect('/x'))", [302, "/x"]),
        ("Response.redirect(new URL('https://e.com/'), 307).headers.get('Location')", "https://e.com/"),
        ("Response.error().status", 500),
        ("new Response('x').body.locked", False),
        ("new Response('x').body instanceof ReadableStream", True),
        ("typeof new Response('x').bytes", "undefined"),
        ("JSON.stringify(new Response('x'))", "{}"),
    ],
)
@pytest.mark.parametrize("kind", ["query", "action"])
def test_response(t, kind, expression, expected):
    assert value(t, expression, kind) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            "const r = new Response('x'); const before = r.bodyUsed; await r.text(); return [before, r.bodyUsed];",
            [False, True],
        ),
        ("const r = new Response(); await r.text(); await r.text(); return r.bodyUsed;", False),
        ("const r = new Response('xy'); const c = r.clone(); return [await r.text(), await c.text()];", ["xy", "xy"]),
        (
            "const r = new Response('xy'); r.body; const c = r.clone(); return [await r.text(), await c.text()];",
            ["xy", "xy"],
        ),
        (
            "const reader = new Response('xy').body.getReader(); const first = await reader.read(); "
            "return [[...first.value], (await reader.read()).done];",
            [[120, 121], True],
        ),
        (
            "const stream = new ReadableStream({ start(c) { c.enqueue(new Uint8Array([97])); c.enqueue(new "
            "Uint8Array([98])); c.close(); } }); "
            "return await new Response(stream).text();",
            "ab",
        ),
        ("const r = new Response('x'); await r.text(); return (await r.body.getReader().read()).done;", True),
        ("const r = new Response('x'); return r.body === r.body;", True),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_the_body_of_a_response(t, kind, body, expected):
    assert run(t, body, kind) == expected


STATUS = "Uncaught RangeError: Failed to construct 'Response': The status provided is outside the range [200, 599]."


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("new Response(null, { status: 199 });", STATUS),
        ("new Response(null, { status: 600 });", STATUS),
        ("new Response(null, { status: 200.5 });", STATUS),
        ("new Response(null, { status: 'x' });", STATUS),
        (
            "Response.json(undefined);",
            "Uncaught TypeError: Failed to execute 'json' on 'Response': The data is not JSON serializable",
        ),
        (
            "Response.json(1n);",
            "Uncaught TypeError: Failed to execute 'json' on 'Response': The data is not JSON serializable",
        ),
        (
            "const r = new Response('x'); await r.arrayBuffer(); await r.blob();",
            "Uncaught TypeError: Failed to execute 'blob' on 'Response': body stream already read",
        ),
        (
            "const blob = await new Response('x').blob(); await blob.text(); await blob.text();",
            "Uncaught TypeError: Can't re-read streaming Blob",
        ),
    ],
)
def test_response_refuses(t, body, expected):
    assert failure(t, body) == expected


def test_request_and_response_in_the_console(t):
    run(t, "console.log(new Response('x', { status: 201 }));")
    assert t.logs[0].message.startswith("Response {")
    assert "status: 201" in t.logs[0].message


# fetch


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("'nowhere'", "Uncaught TypeError: Invalid URL: 'nowhere'"),
        ("'data:,x'", "Uncaught TypeError: Unsupported URL scheme -- http and https are supported (scheme was data)"),
        (
            "'https://e.com', { body: 'x' }",
            "Uncaught TypeError: Failed to construct 'Request': Request with GET/HEAD method cannot have body.",
        ),
    ],
)
def test_fetch_makes_a_request_first(t, kind, arguments, expected):
    assert failure(t, f"await fetch({arguments});", kind) == expected


def test_fetch_and_bodies_at_import(t):
    assert t.query("early:text") == ["at import", "fetch() unsupported at import time"]


def test_fetch_that_nobody_awaits_fails_the_function(t):
    assert failure(t, "fetch('https://e.com'); await null;").startswith("Uncaught Error: Can't use fetch() in queries")


# Setters of URL


@pytest.mark.parametrize("name", ["host", "username", "password"])
def test_what_a_url_has_not_cannot_be_caught(t, name):
    body = f"try {{ new URL('https://e.com').{name} = 'x'; }} catch {{ return 'caught'; }}"
    assert failure(t, body) == f"Not implemented: set {name} for URL. {USE_NODE}"


def test_an_invalid_url_is_told(t):
    assert failure(t, "new URL('x');") == "Uncaught TypeError: Invalid URL: 'x'"


def test_an_invalid_base_is_told(t):
    assert failure(t, "new URL('x', 'y');") == "Uncaught TypeError: Invalid URL: 'y'"
