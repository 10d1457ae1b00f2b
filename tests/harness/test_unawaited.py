"""What is said, when a `t` ends, of functions that returned before what they had begun was done."""

from __future__ import annotations

import pytest

from convex_test import ConvexTestError, FunctionError, UsageError, js, load_project

FILES = {
    "convex/items.ts": """\
        import { action, mutation, query } from "./_generated/server";

        export const add = mutation(async (ctx) => { await ctx.db.insert("items", {}); });
        export const forgets = mutation(async (ctx) => { void ctx.db.insert("items", {}); });
        export const relay = action(async (ctx) => { void ctx.runMutation("items:add" as any, {}); });
        export const outer = mutation(async (ctx) => { await ctx.runMutation("items:forgets" as any, {}); });
        export const throws = mutation(async (ctx) => { void ctx.db.insert("items", {}); throw new Error("x"); });
        export const slow = action(async () => { await new Promise((resolve) => setTimeout(resolve, 1000)); });
        export const list = query(async (ctx) => await ctx.db.query("items").collect());
    """
}


@pytest.fixture
def project(write_project):
    return load_project(write_project(FILES))


@pytest.fixture
def said(project):
    """Calls functions or snippets in a `t`; what is said when it ends, without the remedy, or None."""

    def run(*calls, setting="error"):
        try:
            with project.test(unawaited=setting) as t:
                for kind, callee in calls:
                    getattr(t, kind)(callee)
        except ConvexTestError as error:
            if isinstance(error, FunctionError):
                raise
            return str(error).splitlines()[:-1]
        return None

    return run


def body(text):
    return js(f"async (ctx) => {{ {text} }}")


@pytest.mark.parametrize(
    ("kind", "text", "call"),
    [
        ("mutation", 'ctx.db.insert("items", {})', 'ctx.db.insert("items")'),
        ("mutation", 'ctx.runMutation("items:add")', "ctx.runMutation(items:add)"),
        ("mutation", 'ctx.runQuery("items:list")', "ctx.runQuery(items:list)"),
        ("mutation", 'ctx.scheduler.runAfter(0, "items:add")', "ctx.scheduler.runAt(items:add)"),
        ("mutation", "ctx.storage.generateUploadUrl()", "ctx.storage.generateUploadUrl()"),
        ("query", 'ctx.db.query("items").collect()', 'ctx.db.query("items")'),
        ("query", 'ctx.db.query("items").first()', 'ctx.db.query("items")'),
        ("query", 'ctx.db.query("items").withIndex("by_creation_time").first()', 'ctx.db.query("items")'),
        ("query", "ctx.auth.getUserIdentity()", "ctx.auth.getUserIdentity()"),
        ("action", 'ctx.runQuery("items:list")', "ctx.runQuery(items:list)"),
        ("action", 'ctx.runMutation("items:add")', "ctx.runMutation(items:add)"),
        ("action", 'ctx.runAction("items:slow")', "ctx.runAction(items:slow)"),
        ("action", 'ctx.scheduler.runAfter(0, "items:add")', "ctx.scheduler.runAt(items:add)"),
        ("action", 'fetch("https://example.com/x")', 'fetch("https://example.com/x")'),
        ("action", 'ctx.storage.store(new Blob(["x"]))', "ctx.storage.store()"),
    ],
)
def test_the_call_is_named(said, kind, text, call):
    assert said(("mutation", "items:add"), (kind, body(f"void {text}; return 1;"))) == [
        "1 function returned before what was begun was done:",
        f"  {kind} inline: {call}",
    ]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("mutation", 'return ctx.db.insert("items", {});'),
        ("mutation", 'await Promise.all([1, 2].map((n) => ctx.db.insert("items", { n })));'),
        ("query", 'for await (const item of ctx.db.query("items")) return item;'),
        ("query", 'await ctx.db.query("items").first();'),
        ("query", "void crypto.subtle.digest('SHA-256', new Uint8Array(1));"),
        ("action", 'return ctx.runQuery("items:list");'),
        ("action", "setTimeout(() => {}, 1000);"),
    ],
)
def test_nothing_is_said_of_what_was_awaited(said, kind, text):
    assert said(("mutation", "items:add"), ("mutation", "items:add"), (kind, body(text))) is None


def test_the_function_is_named_with_its_place(said):
    assert said(("mutation", "items:forgets"), ("action", "items:relay")) == [
        "2 functions returned before what was begun was done:",
        '  mutation items:forgets (convex/items.ts:4): ctx.db.insert("items")',
        "  action items:relay (convex/items.ts:5): ctx.runMutation(items:add)",
    ]


def test_a_nested_function_is_named_itself(said):
    assert said(("mutation", "items:outer"))[1:] == [
        '  mutation items:forgets (convex/items.ts:4): ctx.db.insert("items")'
    ]


def test_the_same_is_said_once(said):
    assert said(*[("mutation", "items:forgets")] * 3)[1:] == [
        '  mutation items:forgets (convex/items.ts:4): ctx.db.insert("items") (3 times)'
    ]


def test_many_calls_are_cut(said):
    text = "".join(f'void ctx.db.insert("t{number}", {{}});' for number in range(5))
    assert said(("mutation", body(text)))[1:] == [
        '  mutation inline: ctx.db.insert("t0"), ctx.db.insert("t1"), ctx.db.insert("t2"), …'
    ]


def test_many_functions_are_cut(said):
    calls = [("mutation", body(f'void ctx.db.insert("t{number}", {{}});')) for number in range(7)]
    lines = said(*calls)
    assert lines[0] == "1 function returned before what was begun was done:"
    assert len(lines) == 7
    assert lines[-1] == "  … 2 more …"


def test_a_function_that_fails_has_said_enough(project):
    with project.test(unawaited="error") as t, pytest.raises(FunctionError):
        t.mutation("items:throws")
    assert t.calls[-1].error is not None


def test_it_is_a_warning_by_default(project):
    with pytest.warns(UserWarning, match="1 function returned before what was begun was done"), project.test() as t:
        t.mutation("items:forgets")


def test_it_can_be_switched_off(said):
    assert said(("mutation", "items:forgets"), setting="ignore") is None


def test_the_remedy_names_the_switches(project):
    with pytest.raises(ConvexTestError) as caught, project.test(unawaited="error") as t:
        t.mutation("items:forgets")
    assert str(caught.value).splitlines()[-1] == (
        "Write `await` in front of these calls: in production those of an action may not run, and errors of the others "
        "come too late to be caught. Or switch this off: "
        '@pytest.mark.convex(unawaited="ignore"), or in the ini file convex_unawaited = ignore.'
    )


def test_an_unknown_setting(project):
    with (
        pytest.raises(UsageError, match=r"unawaited='never': expected one of 'error', 'warn', 'ignore'\."),
        project.test(unawaited="never"),
    ):
        pass


def test_forks_count(project):
    with pytest.raises(ConvexTestError, match="items:forgets"), project.test(unawaited="error") as t:
        t.fork().mutation("items:forgets")
