"""The globals of Convex's default runtime (`npm-packages/udf-runtime/src`): what is there, and what is not."""

from __future__ import annotations

import pytest

from convex_test import FunctionError, js

KINDS = ["query", "mutation", "action"]
ABSENT = [
    "require", "module", "exports", "Buffer", "global", "setImmediate", "clearImmediate", "queueMicrotask",
    "navigator", "window", "document", "WebSocket", "XMLHttpRequest", "EventSource", "MessageChannel",
    "MessagePort", "Worker", "localStorage", "sessionStorage", "indexedDB", "CompressionStream",
    "DecompressionStream", "caches", "ByteLengthQueuingStrategy", "CountQueuingStrategy", "BroadcastChannel",
    "location", "alert", "Deno", "Bun", "std", "os", "bjson", "print", "scriptArgs", "gc", "guest", "__filename",
    "__dirname", "importScripts",
]  # fmt: skip
PRESENT = [
    "console", "Date", "Math", "process", "self", "WeakRef", "FinalizationRegistry", "URL", "URLSearchParams",
    "crypto", "Event", "EventTarget", "structuredClone", "setTimeout", "setInterval", "clearTimeout",
    "clearInterval", "AbortController", "AbortSignal", "ReadableStream", "ReadableStreamBYOBReader",
    "ReadableStreamDefaultReader", "TransformStream", "WritableStream", "WritableStreamDefaultWriter", "atob",
    "btoa", "TextEncoder", "TextDecoder", "performance", "Convex", "DOMException", "Proxy", "BigInt", "Uint8Array",
    "ArrayBuffer", "Symbol", "Promise", "Reflect", "globalThis", "Atomics", "SharedArrayBuffer",
    "Intl", "WebAssembly", "Temporal",
]  # fmt: skip
OF_THE_WEB = [
    "TextEncoderStream", "TextDecoderStream", "Blob", "File", "Headers", "FormData", "Request", "Response", "fetch",
    "SubtleCrypto", "Crypto", "Performance", "PerformanceEntry", "PerformanceMark", "PerformanceMeasure",
]  # fmt: skip


def value(t, expression, kind="query"):
    return getattr(t, kind)(js(f"async () => ({expression})"))


def failure(t, body, kind="query"):
    with pytest.raises(FunctionError) as caught:
        getattr(t, kind)(js(f"async (ctx) => {{ {body} }}"))
    return caught.value.text


def not_in_transactions(what):
    return (
        f"Uncaught Error: Can't use {what} in queries and mutations. Please consider using an action. "
        "See https://docs.convex.dev/functions/actions for more details."
    )


@pytest.mark.parametrize("name", ABSENT)
def test_a_global_that_is_absent(t, name):
    assert value(t, f'[typeof {name}, "{name}" in globalThis]') == ["undefined", False]


@pytest.mark.parametrize("name", PRESENT)
def test_a_global_that_is_present(t, name):
    assert value(t, f'typeof {name} !== "undefined" && "{name}" in globalThis') is True


@pytest.mark.parametrize("name", OF_THE_WEB)
def test_a_global_of_the_web_that_is_present(t, name):
    assert value(t, f"typeof {name}") != "undefined"


@pytest.mark.parametrize("kind", KINDS)
def test_self_is_the_global_object(t, kind):
    assert value(t, "self === globalThis", kind) is True


def test_functions_are_strict(t):
    assert value(t, "(function () { 'use strict'; return this === undefined; })()") is True


# Restrictions in queries and mutations


@pytest.mark.parametrize("kind", ["query", "mutation"])
@pytest.mark.parametrize("name", ["setTimeout", "setInterval"])
def test_timers_are_for_actions(t, kind, name):
    assert failure(t, f"{name}(() => {{}}, 10);", kind) == not_in_transactions(name)


@pytest.mark.parametrize("kind", ["query", "mutation"])
def test_the_error_of_a_timer_cannot_be_caught_around_the_call(t, kind):
    body = "try { setTimeout(() => {}, 10); } catch { return 'caught'; } return 'after';"
    assert failure(t, body, kind) == not_in_transactions("setTimeout")


def test_a_timer_in_a_mutation_undoes_its_writes(t):
    failure(
        t, 'await ctx.db.insert("items", {}); setTimeout(() => {}, 0); await ctx.db.insert("items", {});', "mutation"
    )
    assert t.run(lambda ctx: ctx.db.query("items").collect()) == []


@pytest.mark.parametrize("kind", ["query", "mutation"])
@pytest.mark.parametrize("name", ["clearTimeout", "clearInterval"])
def test_clearing_a_timer_is_allowed(t, kind, name):
    assert value(t, f"({name}(1), {name}(undefined), 'fine')", kind) == "fine"


@pytest.mark.parametrize("kind", ["query", "mutation"])
def test_fetch_is_for_actions(t, kind):
    assert failure(t, 'await fetch("https://example.com");', kind) == not_in_transactions("fetch()")


@pytest.mark.parametrize("kind", ["query", "mutation"])
def test_the_error_of_fetch_can_be_caught(t, kind):
    body = 'try { await fetch("https://example.com"); } catch (error) { return "Uncaught Error: " + error.message; }'
    assert getattr(t, kind)(js(f"async () => {{ {body} }}")) == not_in_transactions("fetch()")


# Date


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('new Date("2024-02-29").toISOString()', "2024-02-29T00:00:00.000Z"),
        ('new Date("2024-02-29T12:30").toISOString()', "2024-02-29T12:30:00.000Z"),
        ('new Date("2024-02-29T12:30:45").toISOString()', "2024-02-29T12:30:45.000Z"),
        ('new Date("2024-02-29T12:30:45.678Z").toISOString()', "2024-02-29T12:30:45.678Z"),
        ('new Date("2024-02-29T12:30:45+02:00").toISOString()', "2024-02-29T10:30:45.000Z"),
        ('new Date("2024-02").toISOString()', "2024-02-01T00:00:00.000Z"),
        ('new Date("2024").toISOString()', "2024-01-01T00:00:00.000Z"),
        ('new Date("Feb 29, 2024").toISOString()', "2024-02-29T00:00:00.000Z"),
        ('new Date("Feb 29, 2024 12:30").toISOString()', "2024-02-29T12:30:00.000Z"),
        ('new Date("29 February 2024").toISOString()', "2024-02-29T00:00:00.000Z"),
        ('new Date("Thu, 29 Feb 2024 12:30:45 GMT").toISOString()', "2024-02-29T12:30:45.000Z"),
        ('new Date("2024/02/29").toISOString()', "2024-02-29T00:00:00.000Z"),
        ("new Date(2024, 1, 29, 12, 30).toISOString()", "2024-02-29T12:30:00.000Z"),
        ("new Date(0).toISOString()", "1970-01-01T00:00:00.000Z"),
        ("new Date(new Date(5)).getTime()", 5),
        ('Date.parse("2024-02-29T00:00:00")', 1709164800000),
        ("Date.UTC(2024, 1, 29)", 1709164800000),
        ('Number.isNaN(new Date("nonsense").getTime())', True),
        ("new Date(1709164800000).toString()", "Thu Feb 29 2024 00:00:00 GMT+0000 (Coordinated Universal Time)"),
        ("new Date(1709164800000).toDateString()", "Thu Feb 29 2024"),
        ("new Date(1709164800000).toTimeString()", "00:00:00 GMT+0000 (Coordinated Universal Time)"),
        ("new Date(1709164800000).toUTCString()", "Thu, 29 Feb 2024 00:00:00 GMT"),
        ("new Date(1709164800000).toJSON()", "2024-02-29T00:00:00.000Z"),
        ("String(new Date(NaN))", "Invalid Date"),
        ("new Date(0).getTimezoneOffset()", 0),
        ("new Date(1709209845678).getHours()", 12),
        ("new Date(1709209845678).getDay()", 4),
        ("(() => { const d = new Date(0); d.setHours(5); return d.toISOString(); })()", "1970-01-01T05:00:00.000Z"),
        (
            "(() => { const d = new Date(2024, 0, 31); d.setMonth(1); return d.toISOString(); })()",
            "2024-03-02T00:00:00.000Z",
        ),
        ("new Date(0) instanceof Date", True),
        ("new Date(0).constructor === Date", True),
        ("Date.name", "Date"),
        ("typeof Date()", "string"),
        ("new Date(1709209845678).toLocaleDateString()", "2/29/2024"),
        ("new Date(1709209845678).toLocaleTimeString()", "12:30:45 PM"),
        ("new Date(1709209845678).toLocaleString()", "2/29/2024, 12:30:45 PM"),
        ("new Date(2024, 1, 29) - new Date(2024, 1, 28)", 86400000),
        ("JSON.stringify({ at: new Date(0) })", '{"at":"1970-01-01T00:00:00.000Z"}'),
        ("`${new Date(0)}`", "Thu Jan 01 1970 00:00:00 GMT+0000 (Coordinated Universal Time)"),
    ],
)
def test_dates_are_in_utc(t, expression, expected):
    assert value(t, expression) == expected


# URL


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('new URL("https://example.com/a/b?x=1#y").pathname', "/a/b"),
        ('new URL("../c", "https://example.com/a/b/").href', "https://example.com/a/c"),
        ('new URL("https://user:pw@example.com:8080/").host', "example.com:8080"),
        ('new URL("https://example.com:443/").port', ""),
        ('new URL("https://EXAMPLE.com").href', "https://example.com/"),
        ('new URL("https://example.com/?a=1&b=2&a=3").searchParams.getAll("a")', ["1", "3"]),
        (
            '(() => { const u = new URL("https://e.com"); u.searchParams.set("q", "a b&c"); return u.href; })()',
            "https://e.com/?q=a+b%26c",
        ),
        (
            '(() => { const u = new URL("https://e.com/x"); u.pathname = "/y"; u.search = "?z"; return String(u); })()',
            "https://e.com/y?z",
        ),
        ('new URLSearchParams({ a: "1", b: "x y" }).toString()', "a=1&b=x+y"),
        ('[...new URLSearchParams("a=1&b=2")]', [["a", "1"], ["b", "2"]]),
        ('new URLSearchParams("?a=1").get("a")', "1"),
        ('new URLSearchParams("a=1").get("b")', None),
        ('new URL("https://example.com/a b").href', "https://example.com/a%20b"),
        ('new URL("https://bücher.example/").hostname', "xn--bcher-kva.example"),
        ('JSON.stringify(new URL("https://e.com"))', '"https://e.com/"'),
        ('URL.canParse("https://e.com")', True),
        ('URL.canParse("nope")', False),
    ],
)
def test_url(t, expression, expected):
    assert value(t, expression) == expected


def test_a_url_that_is_none(t):
    assert (
        value(t, '(() => { try { new URL("nope"); } catch (error) { return error instanceof TypeError; } })()') is True
    )


# Encodings


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('[...new TextEncoder().encode("aü€😀")]', [97, 195, 188, 226, 130, 172, 240, 159, 152, 128]),
        ('[...new TextEncoder().encode("\\ud800")]', [239, 191, 189]),
        ("new TextEncoder().encoding", "utf-8"),
        ("new TextEncoder().encodeInto('aü', new Uint8Array(2))", {"read": 1, "written": 1}),
        ("new TextDecoder().decode(new Uint8Array([97, 195, 188]))", "aü"),
        ("new TextDecoder().decode(new Uint8Array([255, 97]))", "\ufffda"),
        ("new TextDecoder().decode(new Uint8Array([0xef, 0xbb, 0xbf, 97]))", "a"),
        ("new TextDecoder('utf-8', { ignoreBOM: true }).decode(new Uint8Array([0xef, 0xbb, 0xbf, 97]))", "\ufeffa"),
        ("new TextDecoder().decode(new Uint8Array([97, 98]).buffer)", "ab"),
        ("new TextDecoder().decode()", ""),
        ("new TextDecoder('UTF8').encoding", "utf-8"),
        (
            "(() => { const d = new TextDecoder(); "
            "return d.decode(new Uint8Array([195]), { stream: true }) + d.decode(new Uint8Array([188])); })()",
            "ü",
        ),
        # The runtime drops the error that its decoder reports.
        ("new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([255])) === undefined", True),
        ("(() => { try { new TextDecoder('klingon'); } catch (e) { return e.name; } })()", "RangeError"),
        ('btoa("hello")', "aGVsbG8="),
        ('btoa("")', ""),
        ('atob("aGVsbG8=")', "hello"),
        ('atob("aGVsbG8")', "hello"),
        ('atob(" aGVs bG8= ")', "hello"),
        ('btoa("\\xff")', "/w=="),
        ('(() => { try { btoa("€"); } catch (e) { return e.name; } })()', "InvalidCharacterError"),
        ('(() => { try { atob("a"); } catch (e) { return e.name; } })()', "InvalidCharacterError"),
        ('(() => { try { atob("$$$$"); } catch (e) { return e.name; } })()', "InvalidCharacterError"),
        ('encodeURIComponent("a b/ü")', "a%20b%2F%C3%BC"),
    ],
)
def test_encodings(t, expression, expected):
    assert value(t, expression) == expected


# structuredClone


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("structuredClone({ a: [1, { b: 2 }] })", {"a": [1, {"b": 2}]}),
        ("(() => { const a = { n: 1 }; const b = structuredClone(a); b.n = 2; return a.n; })()", 1),
        ("structuredClone(new Date(5)).getTime()", 5),
        ("[...structuredClone(new Map([[1, 2]]))]", [[1, 2]]),
        ("[...structuredClone(new Set([1, 2]))]", [1, 2]),
        ("(() => { const a = {}; a.self = a; const b = structuredClone(a); return b.self === b && b !== a; })()", True),
        ("structuredClone(undefined) === undefined", True),
        ("[...structuredClone(new Uint8Array([1, 2]))]", [1, 2]),
        ("structuredClone(10n) === 10n", True),
        ("structuredClone(new Error('x')).message", "x"),
    ],
)
def test_structured_clone(t, expression, expected):
    assert value(t, expression) == expected


def test_structured_clone_of_a_function(t):
    assert value(t, "(() => { try { structuredClone(() => 1); } catch (e) { return e.name; } })()") == "DataCloneError"


# Events and aborting


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            'const e = new Event("x", { cancelable: true }); e.preventDefault(); return [e.type, e.defaultPrevented];',
            ["x", True],
        ),
        (
            'const t = new EventTarget(); const seen = []; t.addEventListener("x", (e) => seen.push(e.type)); '
            't.dispatchEvent(new Event("x")); t.dispatchEvent(new Event("y")); return seen;',
            ["x"],
        ),
        (
            'const t = new EventTarget(); let n = 0; const f = () => n++; t.addEventListener("x", f, { once: true }); '
            't.dispatchEvent(new Event("x")); t.dispatchEvent(new Event("x")); return n;',
            1,
        ),
        (
            'const t = new EventTarget(); let n = 0; const f = () => n++; t.addEventListener("x", f); '
            't.removeEventListener("x", f); t.dispatchEvent(new Event("x")); return n;',
            0,
        ),
        ("const c = new AbortController(); return c.signal.aborted;", False),
        (
            "const c = new AbortController(); c.abort(); return [c.signal.aborted, c.signal.reason.name];",
            [True, "AbortError"],
        ),
        ('const c = new AbortController(); c.abort("why"); return c.signal.reason;', "why"),
        (
            "const c = new AbortController(); let n = 0; "
            "c.signal.addEventListener('abort', () => n++); c.abort(); return n;",
            1,
        ),
        # The package that the runtime takes these from has no such method there.
        ("return typeof AbortSignal.abort;", "undefined"),
        (
            "const a = new AbortController(); const b = new AbortController(); "
            "const s = AbortSignal.any([a.signal, b.signal]); b.abort('why'); return [s.aborted, s.reason];",
            [True, "why"],
        ),
    ],
)
def test_events_and_aborting(t, body, expected):
    assert t.query(js(f"async () => {{ {body} }}")) == expected


# Streams


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            "const s = new ReadableStream({ start(c) { c.enqueue(1); c.enqueue(2); c.close(); } }); "
            "const r = s.getReader(); const seen = []; "
            "for (;;) { const { done, value } = await r.read(); if (done) return seen; seen.push(value); }",
            [1, 2],
        ),
        (
            "const s = new ReadableStream({ start(c) { c.enqueue('a'); c.close(); } }); "
            "const up = s.pipeThrough(new TransformStream({ transform(x, c) { c.enqueue(x.toUpperCase()); } })); "
            "return (await up.getReader().read()).value;",
            "A",
        ),
        (
            "const seen = []; const w = new WritableStream({ write(x) { seen.push(x); } }).getWriter(); "
            "await w.write(1); await w.write(2); await w.close(); return seen;",
            [1, 2],
        ),
        (
            "const s = new ReadableStream({ start(c) { c.error(new Error('no')); } }); "
            "try { await s.getReader().read(); } catch (e) { return e.message; }",
            "no",
        ),
        (
            "const [a, b] = new ReadableStream({ start(c) { c.enqueue(1); c.close(); } }).tee(); "
            "return [(await a.getReader().read()).value, (await b.getReader().read()).value];",
            [1, 1],
        ),
        (
            "const seen = []; const s = new ReadableStream({ start(c) { c.enqueue(1); c.close(); } }); "
            "for await (const x of s) seen.push(x); return seen;",
            [1],
        ),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_streams(t, body, expected, kind):
    assert getattr(t, kind)(js(f"async () => {{ {body} }}")) == expected


# Performance


def test_performance_stands_still_in_a_query(t):
    body = "const a = performance.now(); for (let i = 0; i < 500000; i++); return performance.now() - a;"
    assert t.query(js(f"async () => {{ {body} }}")) == 0


def test_performance_goes_on_in_a_mutation(t):
    body = "const a = performance.now(); for (let i = 0; i < 2000000; i++); return performance.now() > a;"
    assert t.mutation(js(f"async () => {{ {body} }}")) is True


def test_performance_now_is_a_number(t):
    assert value(t, "typeof performance.now() === 'number' && performance.now() >= 0") is True


def test_performance_has_a_time_origin(t):
    assert value(t, "performance.timeOrigin <= Date.now()") is True


def test_performance_marks(t):
    body = "performance.mark('a'); performance.mark('b'); return performance.measure('m', 'a', 'b').name;"
    assert t.query(js(f"async () => {{ {body} }}")) == "m"


# The garbage collector is not to be seen


def test_a_weak_ref_holds(t):
    assert value(t, "(() => { const r = new WeakRef({ n: 1 }); return r.deref().n; })()") == 1


def test_a_finalization_registry_never_calls(t):
    body = "let n = 0; const r = new FinalizationRegistry(() => n++); r.register({}, 1); r.unregister({}); return n;"
    assert t.query(js(f"async () => {{ {body} }}")) == 0


# Temporal


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("String(Temporal.PlainDate.from('2024-02-28').add({ days: 2 }))", "2024-03-01"),
        (
            "String(Temporal.ZonedDateTime.from('2024-07-01T12:00[America/New_York]').toInstant())",
            "2024-07-01T16:00:00Z",
        ),
        (
            "Temporal.PlainDate.from('2024-02-28').toLocaleString('en-US', { dateStyle: 'full' })",
            "Wednesday, February 28, 2024",
        ),
        ("Temporal.Now.timeZoneId()", "UTC"),
        ("Temporal.Now.instant().epochMilliseconds === Date.now()", True),
        ("String(new Date(5).toTemporalInstant())", "1970-01-01T00:00:00.005Z"),
    ],
)
def test_temporal(t, expression, expected):
    assert value(t, expression) == expected


# Errors of the web


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('new DOMException("m", "AbortError").name', "AbortError"),
        ('new DOMException("m").message', "m"),
        ('new DOMException("m") instanceof Error', True),
    ],
)
def test_dom_exception(t, expression, expected):
    assert value(t, expression) == expected


# Language


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("[3, 1, 2].toSorted()", [1, 2, 3]),
        ("Object.groupBy([1, 2, 3], (n) => (n % 2 ? 'odd' : 'even')).odd", [1, 3]),
        ("[1, 2, 3].at(-1)", 3),
        ("[1, 2, 3].findLast((n) => n < 3)", 2),
        ("'a-b-a'.replaceAll('a', 'c')", "c-b-c"),
        ("Array.from({ length: 2 }, (_, i) => i)", [0, 1]),
        ("/(?<year>\\d{4})/u.exec('in 2024').groups.year", "2024"),
        ("'x'.padStart(3, '0')", "00x"),
        ("(1234567.891).toLocaleString()", "1,234,567.891"),
        ("['b', 'a', 'C'].sort((x, y) => x.localeCompare(y))", ["a", "b", "C"]),
        ("typeof Promise.withResolvers", "function"),
        ("[...new Set([1, 2]).union(new Set([3]))]", [1, 2, 3]),
        ("'ß'.normalize('NFC') + 'é'.normalize('NFD').length", "ß2"),
        ("typeof Symbol.asyncIterator", "symbol"),
        ("2n ** 64n === 18446744073709551616n", True),
        ("[1, [2, [3]]].flat(Infinity)", [1, 2, 3]),
        ("Array.fromAsync ? 'yes' : 'no'", "yes"),
        ("'\\ud800'.isWellFormed()", False),
    ],
)
def test_modern_javascript(t, expression, expected):
    assert value(t, expression) == expected


def test_errors_have_causes(t):
    assert value(t, "new Error('a', { cause: 'b' }).cause") == "b"


def test_generators_and_async_generators(t):
    body = """
      async function* g() { yield 1; yield 2; }
      const seen = [];
      for await (const x of g()) seen.push(x);
      return seen;"""
    assert t.query(js(f"async () => {{ {body} }}")) == [1, 2]
