"""`Blob`, `File` and `FormData`, and forms as bodies (`npm-packages/udf-runtime/src/{09_file,21_formdata}.ts`)."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from convex_test import FunctionError, js

USE_NODE = "Consider calling an action defined in Node.js instead (https://docs.convex.dev/functions/actions)."


def run(t, body, *args, kind="query"):
    return getattr(t, kind)(js(f"async (_ctx, args) => {{ {body} }}"), *args)


def failure(t, body, *args, kind="query"):
    with pytest.raises(FunctionError) as caught:
        run(t, body, *args, kind=kind)
    return caught.value.text


# Blob and File


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("await new Blob(['ab', new Uint8Array([99]), new Blob(['d']), new Uint8Array([101]).buffer]).text()", "abcde"),
        ("new Blob(['ü€']).size", 5),
        ("new Blob().size", 0),
        ("await new Blob().text()", ""),
        ("await new Blob(['\\ufeffa']).text()", "a"),
        ("new Blob([], { type: 'Text/HTML' }).type", "text/html"),
        ("new Blob([], { type: 'ü' }).type", ""),
        ("new Blob([]).type", ""),
        ("await new Blob(['abcdef']).slice(1, 3).text()", "bc"),
        ("await new Blob(['abcdef']).slice(-2).text()", "ef"),
        ("await new Blob(['ab', 'cd', 'ef']).slice(1, -1).text()", "bcde"),
        ("await new Blob(['abc']).slice(2, 1).text()", ""),
        ("await new Blob(['ab', new Blob(['cd'])]).slice(3).text()", "d"),
        ("new Blob(['a'], { type: 'a/b' }).slice().type", ""),
        ("new Blob(['a']).slice(0, 1, 'A/B').type", "a/b"),
        ("[...new Uint8Array(await new Blob([new Uint16Array([258])]).arrayBuffer())]", [2, 1]),
        ("await new Blob([new DataView(new Uint8Array([97, 98]).buffer, 1)]).text()", "b"),
        ("(() => { const blob = new Blob(['a']); return blob instanceof Blob && !(blob instanceof File); })()", True),
        ("await (async () => { const b = new Blob(['a']); return (await b.text()) + (await b.text()); })()", "aa"),
        (
            "await (async () => { let s = ''; for await (const chunk of new Blob(['a', 'bc']).stream()) s "
            "+= chunk.length; return s; })()",
            "12",
        ),
        ("await new File(['a'], 'x.txt', { type: 'a/b' }).text()", "a"),
        (
            "(({ name, type, size, lastModified }) => [name, type, size, lastModified])(new File(['a'], "
            "'x', { lastModified: 5 }))",
            ["x", "", 1, 5],
        ),
        ("new File([], 'x').lastModified === Date.now()", True),
        ("new File([], 'x') instanceof Blob", True),
        ("String(new File([], 'x'))", "[object File]"),
    ],
)
@pytest.mark.parametrize("kind", ["query", "action"])
def test_blob_and_file(t, kind, expression, expected):
    result = run(t, f"return {expression};", kind=kind)
    # In an action time goes on between the two clocks.
    assert result == expected or (kind == "action" and "Date.now" in expression)


def test_a_blob_keeps_its_bytes_when_the_source_changes(t):
    assert run(t, "const a = new Uint8Array([97]); const b = new Blob([a]); a[0] = 98; return b.text();") == "a"


def test_a_part_of_another_type_cannot_be_caught(t):
    assert failure(t, "try { new Blob([5]); } catch { return 'caught'; }") == (
        "Not implemented: constructor with unsupported Blob part for Blob: Only ArrayBuffer, Blob and "
        "string supported. " + USE_NODE
    )


def test_a_slice_of_a_body_is_read_once(t):
    body = (
        "const blob = await new Response('abcdef').blob(); const part = blob.slice(1, 3); "
        "return [await part.text(), await blob.text()];"
    )
    assert run(t, body) == ["bc", "abcdef"]


def test_a_slice_of_a_streamed_body(t):
    body = (
        "const stream = new Blob(['abc', 'def']).stream(); "
        "const blob = await new Response(stream, { headers: { 'content-length': '6' } }).blob(); "
        "const part = blob.slice(2, 5); return [await part.text(), await blob.text()];"
    )
    assert run(t, body) == ["cde", "abcdef"]


def test_a_blob_in_the_console(t):
    run(t, "console.log(new Blob(['a'], { type: 'a/b' }));")
    assert [line.message for line in t.logs] == ['Blob { size: 1, type: "a/b" }']


# FormData


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            "const f = new FormData(); f.append('a', '1'); f.append('a', '2'); return [f.get('a'), "
            "f.getAll('a'), f.get('b')];",
            ["1", ["1", "2"], None],
        ),
        ("const f = new FormData(); f.append('a', '1'); f.append('b', '2'); return [...f];", [["a", "1"], ["b", "2"]]),
        ("const f = new FormData(); f.append('a', '1'); f.delete('a'); return f.has('a');", False),
        (
            "const f = new FormData(); f.append('a', '1'); f.set('a', '2'); f.set('b', '3'); return [...f.entries()];",
            [["a", "2"], ["b", "3"]],
        ),
        ("const f = new FormData(); f.append('a', 5); return f.get('a');", 5),
        (
            "const f = new FormData(); f.append('a', new Blob(['x'], { type: 'a/b' })); const v = "
            "f.get('a'); return [v.name, v.type, v instanceof File];",
            ["blob", "a/b", True],
        ),
        (
            "const f = new FormData(); f.append('a', new File(['x'], 'n')); f.append('b', new File(['x'], "
            "'n'), 'm'); return [...f.values()].map((v) => v.name);",
            ["n", "m"],
        ),
        (
            "const f = new FormData(); f.set('a', new Blob(['x'], { type: 'a/b' })); const v = f.get('a'); "
            "return [v.name, v.type];",
            ["", ""],
        ),
        (
            "const f = new FormData(); f.append('a', '1'); const seen = []; f.forEach((v, k) => "
            "seen.push(k, v)); return [...seen, ...f.keys()];",
            ["a", "1", "a"],
        ),
        ("const f = new FormData(); f.append('a', '1'); return JSON.stringify(f);", '{"_entries":[["a","1"]]}'),
    ],
)
def test_form_data(t, body, expected):
    assert run(t, body) == expected


def test_setting_a_name_with_several_entries_is_refused_because_it_never_ends_in_production(t):
    text = failure(t, "const f = new FormData(); f.append('a', '1'); f.append('a', '2'); f.set('a', '3');")
    assert text.endswith(
        "not supported: FormData.set of a name that has several entries: it never ends in Convex's runtime"
    )


# Forms as bodies

PAIRS = [("a b", "1&2=3"), ("ü", "€ +"), ("empty", ""), ("a b", "again")]


@pytest.mark.parametrize("kind", ["query", "mutation", "action"])
def test_an_url_encoded_body(t, kind):
    body = (
        "const r = new Response(args.text, { headers: { 'content-type': 'application/x-www-form-urlencoded' } }); "
        "return [...await r.formData()];"
    )
    assert run(t, body, {"text": urlencode(PAIRS)}, kind=kind) == [list(pair) for pair in PAIRS]


def test_an_url_encoded_body_with_oddities(t):
    body = (
        "const headers = { 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8' }; "
        "return [...await new Response('&a&=b&%zz=%C3&c=d=e', { headers }).formData()];"
    )
    assert run(t, body) == [["a", ""], ["", "b"], ["%zz", "\ufffd"], ["c", "d=e"]]


def test_the_multipart_encoding(t):
    body = (
        "const f = new FormData(); f.append('a\"b', 'x\\ny'); "
        "f.append('file', new File(['data'], 'n\"1.txt', { type: 'text/plain' })); f.append('raw', new Blob(['z'])); "
        "const r = new Response(f); return [r.headers.get('content-type'), await r.text()];"
    )
    content_type, text = run(t, body)
    prefix = "multipart/form-data; boundary="
    assert content_type.startswith(prefix)
    boundary = content_type.removeprefix(prefix)
    assert text == (
        f'--{boundary}\r\nContent-Disposition: form-data; name="a%22b"\r\n\r\nx\r\ny\r\n'
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="n%221.txt"\r\n'
        "Content-Type: text/plain\r\n\r\ndata\r\n"
        f'--{boundary}\r\nContent-Disposition: form-data; name="raw"; filename="blob"\r\n'
        "Content-Type: application/octet-stream\r\n\r\nz\r\n"
        f"--{boundary}--"
    )


MULTIPART = (
    "preamble\r\n--B x\r\n"
    'Content-Disposition: form-data; name="one"\r\n\r\nü\r\n'
    "--B x\r\n"
    'content-disposition: form-data; name="file"; filename="a;b.bin"\r\nContent-Type: a/b\r\n\r\n'
    "line\r\n--B\r\n\r\n"
    "--B x--\r\nrest"
)


def test_a_multipart_body_in_an_action(t):
    body = (
        "const headers = { 'Content-Type': 'multipart/form-data; boundary=\"B x\"' }; "
        "const form = await new Response(args.text, { headers }).formData(); const file = form.get('file'); "
        "return [form.get('one'), file.name, file.type, await file.text(), [...form.keys()]];"
    )
    assert run(t, body, {"text": MULTIPART}, kind="action") == [
        "ü",
        "a;b.bin",
        "a/b",
        "line\r\n--B\r\n",
        ["one", "file"],
    ]


def test_a_form_survives_a_request_in_an_action(t):
    body = (
        "const f = new FormData(); f.append('a', 'x'); f.append('b', new File([new Uint8Array([0, 13, "
        "10, 255])], 'f')); "
        "const back = await new Request('https://e.com', { method: 'POST', body: f }).formData(); "
        "return [back.get('a'), [...new Uint8Array(await back.get('b').arrayBuffer())]];"
    )
    assert run(t, body, kind="action") == ["x", [0, 13, 10, 255]]


@pytest.mark.parametrize("kind", ["query", "mutation"])
def test_multipart_bodies_are_for_actions(t, kind):
    text = failure(t, "await new Response(new FormData()).formData();", kind=kind)
    assert text == (
        "Uncaught Error: Can't use formData() in queries and mutations. Please consider using an action. "
        "See https://docs.convex.dev/functions/actions for more details."
    )


def form_failure(t, content_type, text="x"):
    headers = "{}" if content_type is None else "{ 'content-type': args.type }"
    body = f"await new Response(new TextEncoder().encode(args.text), {{ headers: {headers} }}).formData();"
    return failure(t, body, {"type": content_type or "", "text": text}, kind="action")


@pytest.mark.parametrize(
    ("content_type", "text", "expected"),
    [
        (None, "x", "Uncaught TypeError: Missing content type"),
        ("nonsense", "x", "Uncaught TypeError: Invalid content type"),
        ("text/plain", "x", "Uncaught TypeError: Body cannot be decoded as form data"),
        (
            "multipart/form-data",
            "x",
            "Uncaught TypeError: Missing boundary parameter in mime type of multipart formdata.",
        ),
        (
            "multipart/form-data; boundary=b",
            "x",
            "Uncaught Error: invalid multi-part form: 'incomplete multipart stream'",
        ),
        (
            "multipart/form-data; boundary=b",
            "--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--",
            "Uncaught Error: multi-part form entry missing 'name'",
        ),
    ],
)
def test_a_body_that_is_no_form(t, content_type, text, expected):
    assert form_failure(t, content_type, text) == expected
