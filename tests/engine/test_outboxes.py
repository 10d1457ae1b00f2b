"""The lines between JavaScript and the host, and stack traces."""

from __future__ import annotations

import pytest

from convex_test.engine.messages import Request, parse
from convex_test.engine.stack import BUNDLE_LINE, SNIPPET_LINE, ScriptFrame, parse_stack
from convex_test.errors import InternalError


def test_each_kind_of_line():
    outbox = parse('1 1.0/get {"id":"x y"}\n# {"level":"LOG"}\n- stream/close 3\n= {"a":1}')
    assert outbox.requests == [Request("1", "1.0/get", '{"id":"x y"}')]
    assert outbox.logs == ['{"level":"LOG"}']
    assert outbox.notices == [("stream/close", "3")]
    assert outbox.result == '{"a":1}'
    assert outbox.failure is None


def test_an_empty_outbox():
    assert parse("") == ([], [], [], None, None)


def test_the_first_failure_counts():
    assert parse('! {"text":"first"}\n! {"text":"second"}').failure == '{"text":"first"}'


def test_a_line_that_nobody_knows():
    with pytest.raises(InternalError, match="does not know: '\\? what'"):
        parse("? what")


def test_frames_of_the_bundle_and_of_snippets_are_told_apart():
    stack = (
        f"    at helper (<input>:{BUNDLE_LINE + 4}:7)\n"
        "    at post (<input>:3:200)\n"
        f"    at <anonymous> (<input>:{SNIPPET_LINE}:20)\n"
        "    at map (native)\n"
    )
    assert parse_stack(stack) == [
        ScriptFrame("helper", 5, 7, source="bundle"),
        ScriptFrame("<anonymous>", 1, 20, source="snippet"),
    ]
