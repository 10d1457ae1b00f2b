"""Console lines in Python's `logging`: the logger `convex.console`."""

from __future__ import annotations

import logging

import pytest

from convex_test import FunctionError, js

FILES = {
    "convex/log.ts": """
        import { mutation, query } from "./_generated/server";
        import { internal } from "./_generated/api";

        export const write = query(async () => { console.log("written"); });
        export const outer = mutation(async (ctx) => {
          await ctx.runQuery(internal.log.write, {});
          console.warn("100%s", { a: 1 });
        });
        export default query(async () => { console.info("of the default export"); });
    """
}


@pytest.mark.parametrize(
    ("method", "level", "convex_level"),
    [
        ("debug", logging.DEBUG, "DEBUG"),
        ("log", logging.INFO, "LOG"),
        ("info", logging.INFO, "INFO"),
        ("warn", logging.WARNING, "WARN"),
        ("error", logging.ERROR, "ERROR"),
    ],
)
def test_the_level_of_a_method(t, caplog, method, level, convex_level):
    caplog.set_level(logging.DEBUG, "convex.console")
    t.query(js(f"async () => {{ console.{method}('x'); }}"))
    (record,) = caplog.records
    assert (record.name, record.levelno, record.convex_level) == ("convex.console", level, convex_level)


def test_only_warnings_and_errors_unless_a_level_is_set(t, caplog):
    t.query(js("async () => { console.log('a'); console.warn('b'); console.error('c'); }"))
    assert caplog.messages == ["'b'", "'c'"]


def test_a_record_names_function_file_and_line(t, caplog):
    caplog.set_level(logging.INFO)
    t.mutation("log:outer")
    first, second = caplog.records
    assert (first.convex_function, first.funcName, first.filename, first.lineno) == (
        "log:write",
        "log:write",
        "log.ts",
        5,
    )
    assert first.pathname.endswith("convex/log.ts") or first.pathname.endswith("convex\\log.ts")
    assert (second.convex_function, second.lineno) == ("log:outer", 6)


def test_the_default_export(t, caplog):
    caplog.set_level(logging.INFO)
    t.query("log")
    assert [(record.filename, record.lineno) for record in caplog.records] == [("log.ts", 10)]


def test_the_message_is_that_of_the_line(t, caplog):
    t.mutation("log:outer")
    assert caplog.messages == [t.logs[-1].message] == ["'100%s' {\n  a: 1\n}"]


def test_what_has_no_file(t, caplog):
    caplog.set_level(logging.INFO)
    t.query(js("async () => { console.log('x'); }"))
    (record,) = caplog.records
    assert (record.convex_function, record.filename, record.lineno) == ("inline", "inline", 0)


def test_lines_of_the_backend_itself(project, caplog):
    with project.test(unawaited="ignore") as t:
        t.action(js("async (ctx) => { void ctx.runQuery('log:write'); }"))
    (message,) = caplog.messages
    assert message.startswith("1 unawaited operation: [query].")


def test_lines_of_a_function_that_fails(t, caplog):
    with pytest.raises(FunctionError):
        t.mutation(js("async () => { console.error('before'); throw new Error('x'); }"))
    assert caplog.messages == ["'before'"]


def test_lines_of_scheduled_functions(t, caplog):
    caplog.set_level(logging.INFO)
    t.mutation(js("async (ctx) => { await ctx.scheduler.runAfter(0, 'log:outer'); }"))
    assert caplog.messages == []
    t.finish_all_scheduled_functions()
    assert [record.convex_function for record in caplog.records] == ["log:write", "log:outer"]


def test_a_handler_of_the_users_own(t):
    class Keeping(logging.Handler):
        def emit(self, record):
            kept.append((record.convex_function, self.format(record)))

    kept = []
    handler = Keeping()
    logger = logging.getLogger("convex.console")
    logger.addHandler(handler)
    try:
        t.query(js("async () => { console.error('x'); }"))
    finally:
        logger.removeHandler(handler)
    assert kept == [("inline", "'x'")]


def test_nothing_on_stderr_where_logging_is_not_set_up(t, capfd, monkeypatch):
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    t.query(js("async () => { console.error('x'); }"))
    assert capfd.readouterr().err == ""
