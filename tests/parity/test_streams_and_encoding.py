"""Text streams, decoders, aborting, `DOMException`, weak references, and asynchronous contexts.

After `npm-packages/udf-runtime/src/{01_dom_exception,03_abort_signal,04_async_hooks,08_text_encoding,setup}.ts`.
"""

from __future__ import annotations

import pytest

from convex_test import FunctionError, js

KINDS = ["query", "mutation", "action"]


def run(t, body, kind="query"):
    return getattr(t, kind)(js(f"async () => {{ {body} }}"))


def failure(t, body, kind="query"):
    with pytest.raises(FunctionError) as caught:
        run(t, body, kind)
    return caught.value.text


# Text streams

READ = (
    "const seen = []; for await (const chunk of out) seen.push(typeof chunk === 'string' ? chunk : "
    "[...chunk]); return seen;"
)


def source(*chunks):
    calls = " ".join(f"c.enqueue({chunk});" for chunk in chunks)
    return f"new ReadableStream({{ start(c) {{ {calls} c.close(); }} }})"


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [
        (["'a'", "'ü'"], [[97], [195, 188]]),
        (["'\\ud83d'", "'\\ude00'"], [[240, 159, 152, 128]]),
        (["'a\\ud83d'"], [[97], [239, 191, 189]]),
        (["''", "'a'"], [[97]]),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_text_encoder_stream(t, kind, chunks, expected):
    assert run(t, f"const out = {source(*chunks)}.pipeThrough(new TextEncoderStream()); {READ}", kind) == expected


@pytest.mark.parametrize(
    ("arguments", "chunks", "expected"),
    [
        ("", ["new Uint8Array([97])", "new Uint8Array([98])"], ["a", "b"]),
        ("", ["new Uint8Array([195])", "new Uint8Array([188])"], ["ü"]),
        ("", ["new Uint8Array([255])"], ["\ufffd"]),
        ("", ["new Uint8Array([0xef, 0xbb])", "new Uint8Array([0xbf, 97])"], ["a"]),
        ("'utf-16le'", ["new Uint8Array([97])", "new Uint8Array([0])"], ["a"]),
        # The runtime's last `decode()` without input flushes nothing.
        ("", ["new Uint8Array([97, 195])"], ["a"]),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_text_decoder_stream(t, kind, arguments, chunks, expected):
    assert (
        run(t, f"const out = {source(*chunks)}.pipeThrough(new TextDecoderStream({arguments})); {READ}", kind)
        == expected
    )


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (
            "(({ encoding, fatal, ignoreBOM }) => [encoding, fatal, ignoreBOM])(new "
            "TextDecoderStream('UTF8', { fatal: true }))",
            ["utf-8", True, False],
        ),
        ("new TextEncoderStream().encoding", "utf-8"),
        ("new TextEncoderStream().readable instanceof ReadableStream", True),
        ("new TextDecoderStream().writable instanceof WritableStream", True),
        ("String(new TextDecoderStream())", "[object TextDecoderStream]"),
    ],
)
def test_what_text_streams_tell(t, expression, expected):
    assert run(t, f"return {expression};") == expected


# Decoders


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("new TextDecoder('latin1').decode(new Uint8Array([228, 128]))", "ä€"),
        ("new TextDecoder('ascii').encoding", "windows-1252"),
        ("new TextDecoder('utf-16').decode(new Uint8Array([60, 216, 32, 223]))", "\U0001f320"),
        (
            "(() => { const d = new TextDecoder(); d.decode(new Uint8Array([195]), { stream: true }); "
            "return d.decode(); })()",
            "",
        ),
        ("String(new TextDecoder()) + new TextEncoder()", "[object TextDecoder][object TextEncoder]"),
    ],
)
def test_decoders(t, expression, expected):
    assert run(t, f"return {expression};") == expected


def test_a_label_of_no_encoding(t):
    body = "try { new TextDecoder('klingon'); } catch (e) { return [e instanceof DOMException, e.name, e.message]; }"
    assert run(t, body) == [True, "RangeError", "The encoding label provided ('klingon') is invalid."]


def test_an_encoding_that_is_not_there_fails_by_name(t):
    assert failure(t, "new TextDecoder('shift_jis');").endswith(
        'not supported: TextDecoder for the encoding "shift_jis"'
    )


# Aborting


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            "const c = new AbortController(); c.abort(); return [c.signal.reason.name, "
            "c.signal.reason.message, c.signal.reason instanceof DOMException];",
            ["AbortError", "This operation was aborted", False],
        ),
        (
            "const c = new AbortController(); c.abort('why'); try { c.signal.throwIfAborted(); } catch (e) "
            "{ return e; }",
            "why",
        ),
        ("new AbortController().signal.throwIfAborted(); return 'fine';", "fine"),
        ("return typeof AbortSignal.abort;", "undefined"),
        ("let n = 0; const c = new AbortController(); c.signal.onabort = () => n++; c.abort(); return n;", 1),
        (
            "const a = new AbortController(); const s = AbortSignal.any([a.signal]); const before = "
            "s.aborted; a.abort(1); return [before, s.aborted, s.reason];",
            [False, True, 1],
        ),
        (
            "const a = new AbortController(); a.abort('x'); return AbortSignal.any([new "
            "AbortController().signal, a.signal]).reason;",
            "x",
        ),
    ],
)
def test_aborting(t, body, expected):
    assert run(t, body) == expected


def test_a_signal_that_times_out_in_an_action(t):
    body = (
        "const s = AbortSignal.timeout(50); const before = s.aborted; await new Promise((r) => setTimeout(r, 100)); "
        "return [before, s.aborted, s.reason.name, s.reason.message];"
    )
    assert run(t, body, "action") == [False, True, "TimeoutError", "This signal is timeout in 50ms"]


def test_a_signal_that_times_out_in_a_query(t):
    assert failure(t, "AbortSignal.timeout(50);").startswith(
        "Uncaught Error: Can't use setTimeout in queries and mutations."
    )


def test_a_timer_with_code_cannot_be_caught(t):
    assert failure(t, "try { setTimeout('1', 5); } catch { return 'caught'; }", "action") == (
        "Not implemented: code string argument for setTimeout. "
        "Consider calling an action defined in Node.js instead (https://docs.convex.dev/functions/actions)."
    )


# DOMException and structuredClone


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("JSON.stringify(new DOMException('m', 'AbortError'))", '{"message":"m","name":"AbortError","code":20}'),
        ("new DOMException().name", "Error"),
        ("new DOMException('m', 'OperationError').code", 0),
        (
            "[new DOMException().DATA_CLONE_ERR, new DOMException().DOMSTRING_SIZE_ERR, "
            "DOMException.prototype.INDEX_SIZE_ERR]",
            [25, 2, 1],
        ),
        ("new DOMException('m', 'InUseAttributeError').code", 10),
        ("String(new DOMException('m', 'NotFoundError'))", "NotFoundError: m"),
        ("Object.prototype.toString.call(new DOMException())", "[object DOMException]"),
        ("typeof new DOMException('m').stack", "string"),
    ],
)
def test_dom_exception(t, expression, expected):
    assert run(t, f"return {expression};") == expected


def test_a_thrown_dom_exception(t):
    assert failure(t, "throw new DOMException('m', 'DataError');") == "Uncaught DataError: m"


def test_structured_clone_with_options_cannot_be_caught(t):
    assert failure(t, "try { structuredClone(1, {}); } catch { return 'caught'; }") == (
        "structuredClone with transfer not supported"
    )


# What the garbage collector does


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("new WeakRef(5);", "Uncaught TypeError: target must be an object"),
        ("new WeakRef();", "Uncaught TypeError: target must be an object"),
        ("new FinalizationRegistry();", "Uncaught TypeError: cleanup must be callable"),
        (
            "const o = {}; new FinalizationRegistry(() => {}).register(o, o);",
            "Uncaught TypeError: target and holdings must not be same",
        ),
        ("new FinalizationRegistry(() => {}).unregister(1);", "Uncaught TypeError: unregisterToken must be an object"),
    ],
)
def test_weak_references_refuse(t, body, expected):
    assert failure(t, body) == expected


# Asynchronous contexts

ALS = "const als = new AsyncLocalStorage(); "


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return als.getStore() === undefined;", True),
        ("return als.run(1, () => als.getStore());", 1),
        ("return als.run(1, (a, b) => [a, b], 2, 3);", [2, 3]),
        ("return als.run(1, () => [als.run(2, () => als.getStore()), als.getStore()]);", [2, 1]),
        ("als.run(1, () => {}); return als.getStore() === undefined;", True),
        ("try { als.run(1, () => { throw new Error('x'); }); } catch {} return als.getStore() === undefined;", True),
        ("return als.run(1, () => als.exit(() => als.getStore() === undefined));", True),
        ("const bound = als.run(1, () => AsyncLocalStorage.bind(() => als.getStore())); return als.run(2, bound);", 1),
        (
            "const enter = als.run(1, () => AsyncLocalStorage.snapshot()); return enter((x) => [x, "
            "als.getStore()], 5);",
            [5, 1],
        ),
        (
            "const r = als.run(1, () => new AsyncResource('kind')); return [r.type, r.runInAsyncScope(() "
            "=> als.getStore())];",
            ["kind", 1],
        ),
        (
            "const f = als.run(1, () => AsyncResource.bind(function () { return [this.n, als.getStore()]; "
            "})); return f.call({ n: 7 });",
            [7, 1],
        ),
        ("return als.run(1, () => { als.disable(); return als.getStore() === undefined; });", True),
        (
            "const other = new AsyncLocalStorage(); return als.run(1, () => other.run(2, () => "
            "[als.getStore(), other.getStore()]));",
            [1, 2],
        ),
        ("await null; return als.run(1, () => als.getStore());", 1),
        (
            "const bound = als.run(1, () => AsyncLocalStorage.bind(() => als.getStore())); await null; return bound();",
            1,
        ),
    ],
)
@pytest.mark.parametrize("kind", ["query", "action"])
def test_a_context_within_a_run(t, kind, body, expected):
    assert run(t, ALS + body, kind) == expected


ACROSS = (
    "not supported: AsyncLocalStorage across await in code that is not the project's (the store of an earlier `run` "
    "would have to be carried past an `await`; read it before the first `await`, or write the function in the project)"
)


@pytest.mark.parametrize(
    "body",
    [
        "return await als.run(1, async () => { await null; return als.getStore(); });",
        "return await als.run(1, () => Promise.resolve().then(() => als.getStore()));",
        "als.run(1, () => {}); await null; return als.getStore();",
        "const other = new AsyncLocalStorage(); return await als.run(1, async () => { await null; "
        "return other.run(2, () => als.getStore()); });",
        "try { await als.run(1, async () => { await null; return als.getStore(); }); } catch { return 'caught'; }",
    ],
)
def test_a_context_is_not_followed_across_an_await(t, body):
    assert failure(t, ALS + body).endswith(ACROSS)


def test_a_job_of_before_the_run_has_no_store(t):
    body = (
        "const early = Promise.resolve().then(() => als.getStore() === undefined); als.run(1, () => "
        "{}); return await early;"
    )
    assert run(t, ALS + body) is True


def test_another_call_starts_without_contexts(t):
    run(t, "globalThis.als = new AsyncLocalStorage(); als.run(1, () => {}); await null;")
    assert run(t, "return als.getStore() === undefined;") is True


def test_enter_with_fails_by_name(t):
    assert failure(t, ALS + "als.enterWith(1);").endswith(
        "not supported: AsyncLocalStorage.enterWith in code that is not the project's"
    )
