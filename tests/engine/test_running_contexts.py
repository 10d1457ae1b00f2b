"""One context: running, stopping, failing."""

from __future__ import annotations

import json

import pytest

from convex_test.engine.context import JavaScriptContext, ScriptSyntaxError, ScriptTimeout
from convex_test.engine.prelude_files import read_prelude


def test_a_result_is_the_text_that_javascript_made(context, run):
    assert run(context, "() => ({ a: [1, 'x', null] })").result == '{"a":[1,"x",null]}'


def test_nul_and_every_code_point_come_back(context, run):
    text = "a\0b\u2028é€😀\x7f"
    assert json.loads(run(context, "(_ctx, text) => text", args=json.dumps([text])).result) == text


def test_large_integers_are_not_cut_to_32_bits(context, run):
    assert run(context, "(_ctx, n) => n", args="[1700000000123]").result == "1700000000123"


def test_the_clock_is_what_the_host_said(context, run):
    assert run(context, "() => Date.now()").result == "1700000000123"


def test_a_request_waits_for_its_answer(context, run):
    outbox = run(context, "() => Convex.asyncSyscall('op', '{\"x\":1}')")
    assert outbox.result is None
    [request] = outbox.requests
    assert (request.op, request.args) == ("op", '{"x":1}')
    context.resolve(request.id, "answer")
    assert context.pump().result == '"answer"'


def test_requests_come_in_the_order_in_which_they_were_made(context, run):
    source = "() => Promise.all(['a', 'b', 'c'].map((op) => Convex.asyncSyscall(op, '{}')))"
    assert [request.op for request in run(context, source).requests] == ["a", "b", "c"]


def test_a_refused_request_throws(context, run):
    [request] = run(
        context, "async () => { try { await Convex.asyncSyscall('op', '{}') } catch (e) { return e.message } }"
    ).requests
    context.reject(request.id, '{"message":"no such thing"}')
    assert context.pump().result == '"no such thing"'


@pytest.mark.parametrize(
    "source",
    [
        "() => { for (;;); }",
        "async () => { for (;;) await null; }",
        "() => { const loop = () => Promise.resolve().then(loop); return loop(); }",
        "() => /^(a+)+$/.test('a'.repeat(40) + 'b')",
        "() => { try { for (;;); } catch { return 'caught'; } }",
        "() => { for (;;) try { for (;;); } finally { continue; } }",
    ],
)
def test_what_does_not_end_is_stopped(context, run, source):
    context.limit_time(0.05)
    with pytest.raises(ScriptTimeout):
        run(context, source)
    assert context.broken


def test_many_short_pumps_count_together(context, run):
    context.limit_time(0.05)
    outbox = run(
        context, "async () => { for (;;) { for (let i = 0; i < 1e4; i++); await Convex.asyncSyscall('op', '{}') } }"
    )
    with pytest.raises(ScriptTimeout):
        for _ in range(100_000):
            context.resolve(outbox.requests[0].id, "null")
            outbox = context.pump()


def test_the_time_of_the_host_does_not_count(context, run):
    context.limit_time(0.5)
    [request] = run(context, "() => Convex.asyncSyscall('op', '{}')").requests
    assert context.running_time < 0.4
    context.resolve(request.id, "1")
    assert context.pump().result == '"1"'


def test_deep_recursion_is_an_error_that_can_be_caught(context, run):
    source = "() => { const f = () => f() + 1; try { f() } catch (error) { return error.name } }"
    assert run(context, source).result == '"RangeError"'


def test_a_source_that_is_no_javascript():
    context = JavaScriptContext(read_prelude(), memory_limit=64 << 20)
    with pytest.raises(ScriptSyntaxError, match="SyntaxError"):
        context.compile_bundle("var bundle = (;", "bundle")


def test_a_module_that_failed_fails_again(context, run):
    source = "(_ctx) => load('broken')"
    first, second = run(context, source), run(context, source)
    assert json.loads(first.failure)["message"] == "broken while loading"
    assert json.loads(second.failure)["message"] == "broken while loading"


def test_beginning_anew_forgets_what_was_in_flight(context, run):
    run(context, "() => Convex.asyncSyscall('op', '{}')")
    outbox = run(context, "() => 'next'")
    assert (outbox.requests, outbox.result) == ([], '"next"')
