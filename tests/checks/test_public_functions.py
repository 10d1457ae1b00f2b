"""`checks.public_functions_need_auth`: what counts as a refusal, what does not, and what is said of it."""

from __future__ import annotations

from datetime import datetime

import pytest
from freezegun import freeze_time

from convex_test import ConvexError, UsageError, api, checks, internal

FILES = {
    "convex/schema.ts": """\
        import { defineSchema, defineTable } from "convex/server";
        import { v } from "convex/values";
        export default defineSchema({
          users: defineTable({ tokenIdentifier: v.string() }).index("by_token", ["tokenIdentifier"]),
          notes: defineTable({ text: v.string() }),
          sessions: defineTable({ key: v.string() }),
        });
        """,
    "convex/model.ts": """\
        export async function findUser(ctx: any) {
          const identity = await ctx.auth.getUserIdentity();
          if (identity === null) return null;
          return await ctx.db.query("users").withIndex("by_token",
            (q: any) => q.eq("tokenIdentifier", identity.tokenIdentifier)).unique();
        }
        export async function requireUser(ctx: any) {
          const user = await findUser(ctx);
          if (user === null) throw new Error("Sign in first");
          return user;
        }
        """,
    "convex/f.ts": """\
        import { ConvexError, v } from "convex/values";
        import { action, httpAction, internalMutation, internalQuery, mutation, query } from "./_generated/server";
        import { internal } from "./_generated/api";
        import { findUser, requireUser } from "./model";

        // Refuse
        export const simple = query(async (ctx) => {
          if ((await ctx.auth.getUserIdentity()) === null) throw new Error("no");
          return 1;
        });
        export const signedUp = query(async (ctx) => { await requireUser(ctx); });
        export const withArguments = mutation({
          args: {
            noteId: v.id("notes"), text: v.string(),
            page: v.object({ n: v.number(), cursor: v.union(v.string(), v.null()) }),
          },
          handler: async (ctx, { noteId }) => {
            await requireUser(ctx);
            if ((await ctx.db.get(noteId)) === null) throw new Error("No such note");
          },
        });
        export const noteFirst = query({
          args: { noteId: v.id("notes") },
          handler: async (ctx, { noteId }) => {
            const note = await ctx.db.get(noteId);
            await requireUser(ctx);
            if (note === null) throw new Error("No such note");
          },
        });
        export const whoAmI = internalQuery(async (ctx) => (await findUser(ctx)));
        export const inAction = action(async (ctx): Promise<any> => {
          const user = await ctx.runQuery(internal.f.whoAmI, {});
          if (user === null) throw new ConvexError({ code: "unauthenticated" });
          return user;
        });
        export const onlyAction = action(async (ctx) => {
          if (!(await ctx.auth.getUserIdentity())) throw new ConvexError("Sign in");
          await new Promise((resolve) => setTimeout(resolve, 1000));
        });

        // Do not refuse
        export const open = query(async () => [1, 2]);
        export const nobody = query(async (ctx) => await findUser(ctx));
        export const writes = mutation({
          args: { text: v.string() },
          handler: async (ctx, { text }) => { await ctx.db.insert("notes", { text }); },
        });
        export const fetches = action(async () => { await fetch("https://example.com"); });

        // Nobody knows
        export const missing = query({
          args: { noteId: v.id("notes") },
          handler: async (ctx, { noteId }) => {
            if ((await ctx.db.get(noteId)) === null) throw new Error("No such note");
            await requireUser(ctx);
          },
        });
        export const missingAfterLooking = query({
          args: { noteId: v.id("notes") },
          handler: async (ctx, { noteId }) => {
            await ctx.auth.getUserIdentity();
            const note = await ctx.db.get(noteId);
            if (note === null) throw new Error(`No such note ${Date.now()}`);
          },
        });
        export const invalid = mutation({
          args: { text: v.string() },
          handler: async (ctx, { text }) => {
            await ctx.auth.getUserIdentity();
            if (text.length < 100) throw new Error("Too short");
          },
        });
        export const goesFurtherAsNobody = query({
          args: { noteId: v.id("notes") },
          handler: async (ctx, { noteId }) => {
            if ((await ctx.auth.getUserIdentity()) !== null) throw new Error("Sign out first");
            if ((await ctx.db.get(noteId)) === null) throw new Error("No such note");
          },
        });
        export const session = query({
          args: { key: v.string() },
          handler: async (ctx, { key }) => {
            const found = await ctx.db.query("sessions").filter((q) => q.eq(q.field("key"), key)).first();
            if (found === null) throw new ConvexError({ code: "unauthenticated" });
          },
        });
        export const ghost = query({ args: { id: v.id("ghosts" as any) }, handler: async () => 1 });

        // Not called
        export const hidden = internalMutation(async () => 1);
        export const http = httpAction(async () => new Response());
        """,
}
REFUSE = {"simple", "signedUp", "withArguments", "noteFirst", "inAction", "onlyAction"}
ANSWER = {"open", "nobody", "writes"}
UNCLEAR = {
    "fetches",
    "missing",
    "missingAfterLooking",
    "invalid",
    "goesFurtherAsNobody",
    "session",
    "ghost",
}


def complaint(t, names, **settings):
    """What is said when only these functions are called; "" when nothing is."""
    others = [f"f:{name}" for name in (REFUSE | ANSWER | UNCLEAR) - set(names)]
    try:
        checks.public_functions_need_auth(t, allow=others, **settings)
    except AssertionError as error:
        return str(error)
    return ""


def reason(t, name, **settings):
    """The third line, which is about the first function."""
    return complaint(t, {name}, **settings).splitlines()[2].strip()


@pytest.mark.parametrize("name", sorted(REFUSE))
def test_a_refusal(t, name):
    assert complaint(t, {name}) == ""


def test_all_that_refuse_in_one_call(t):
    assert complaint(t, REFUSE) == ""


@pytest.mark.parametrize(
    ("name", "shown"), [("open", "returned [1, 2]"), ("nobody", "returned None"), ("writes", "returned None")]
)
def test_an_answer(t, name, shown):
    assert reason(t, name) == shown
    assert complaint(t, {name}).startswith("1 public function answered a caller who is not signed in:\n")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("missing", "failed before it asked who calls: Uncaught Error: No such note"),
        ("session", 'failed before it asked who calls: Uncaught ConvexError: {"code":"unauthenticated"}'),
        ("missingAfterLooking", "failed in the same way for somebody who is signed in: Uncaught Error: No such note"),
        ("invalid", "failed in the same way for somebody who is signed in: Uncaught Error: Too short"),
        ("goesFurtherAsNobody", "failed in another place for somebody who is signed in: Uncaught Error: No such note"),
        ("ghost", "cannot be called: no id matches v.id(\"ghosts\"), because there is no table 'ghosts'"),
        ("fetches", "failed before it asked who calls: Uncaught"),
    ],
)
def test_a_failure_that_shows_nothing(t, name, why):
    assert reason(t, name).startswith(why)
    assert complaint(t, {name}).startswith(
        "1 public function failed, but nothing shows that it was for want of a user:\n"
    )


def test_the_report(t):
    assert complaint(t, {"open", "writes", "missing"}) == (
        "2 public functions answered a caller who is not signed in:\n"
        "    query f:open({})  convex/f.ts:42\n"
        "        returned [1, 2]\n"
        "    mutation f:writes({'text': 'example'})  convex/f.ts:44\n"
        "        returned None\n"
        "\n"
        "1 public function failed, but nothing shows that it was for want of a user:\n"
        f"    query f:missing({{'noteId': '{NO_NOTE}'}})  convex/f.ts:51\n"
        "        failed before it asked who calls: Uncaught Error: No such note\n"
        "\n"
        "Let a function throw when ctx.auth.getUserIdentity() is null, or allow everybody to call it.\n"
        "What is unclear may become clear with documents in t, with user=, a t of somebody for whom the call succeeds, "
        "or with is_refusal=.\n"
        'To allow everybody: allow=["f:open", "f:writes", "f:missing"]'
    )


NO_NOTE = "j5700000000000000000000000001qv0"


# What makes things clear


def test_documents(t):
    t.run(lambda ctx: ctx.db.insert("notes", {"text": "x"}))
    assert complaint(t, {"missing"}) == ""
    assert reason(t, "missingAfterLooking") == "returned None"


def test_a_user_who_gets_further(t):
    sarah = t.with_identity(subject="sarah")
    t.run(lambda ctx: ctx.db.insert("users", {"tokenIdentifier": "https://convex.test|sarah"}))
    assert complaint(t, {"signedUp", "noteFirst"}, user=sarah) == ""


def test_saying_what_a_refusal_is(t):
    def is_refusal(error):
        return error.data["code"] == "unauthenticated"

    assert complaint(t, {"session", "inAction"}, is_refusal=is_refusal) == ""
    assert reason(t, "simple", is_refusal=is_refusal).startswith("failed with what is_refusal says is no refusal: ")


def test_a_refusal_may_be_a_class_of_errors(t):
    assert complaint(t, {"session", "inAction", "onlyAction"}, is_refusal=lambda e: isinstance(e, ConvexError)) == ""


# Around


def test_functions_that_anybody_may_call(t):
    allow = [api.f.open, internal.f.nobody, "f:writes", *(f"f:{name}" for name in UNCLEAR)]
    checks.public_functions_need_auth(t, allow=allow)


def test_nothing_happens_in_t(t):
    t.run(lambda ctx: ctx.db.insert("notes", {"text": "mine"}))
    calls = len(t.calls)
    assert complaint(t, ANSWER | UNCLEAR | REFUSE) != ""
    assert [note["text"] for note in t.run(lambda ctx: ctx.db.query("notes").collect())] == ["mine"]
    assert len(t.calls) == calls + 1
    assert t.outbound.calls == []


def test_a_frozen_clock_stays_where_it_is(t):
    """The signed-in user's call of this action waits for a second."""
    with freeze_time("2026-01-01") as clock:
        assert complaint(t, {"onlyAction"}) == ""
        assert clock() == datetime(2026, 1, 1)  # noqa: DTZ001 - freezegun's own is naive


def test_each_function_finds_the_data_of_the_beginning(t):
    alone, after_a_write = complaint(t, {"missing"}), complaint(t, {"writes", "missing"})
    assert alone.splitlines()[2] in after_a_write.splitlines()


def test_twice_the_same(t):
    names = ANSWER | UNCLEAR - {"missingAfterLooking"}
    assert complaint(t, names) == complaint(t, names)


def test_who_calls_with_t_does_not_matter(t):
    assert reason(t.with_identity(name="Sarah"), "open") == "returned [1, 2]"
    assert complaint(t.with_identity(name="Sarah"), REFUSE) == ""


@pytest.mark.parametrize(
    ("allow", "text"),
    [
        (["f:opne"], "allow=['f:opne']): 'f:opne' is no public query, mutation or action. Did you mean 'f:open'?"),
        ([api.f.open, api.f.hidden], "allow=[api.f.hidden]): 'f:hidden' is an internal function, which is not called."),
        (["f:http"], "allow=['f:http']): 'f:http' is an HTTP action, which is not called."),
        (["g:open"], "allow=['g:open']): 'g:open' is no public query, mutation or action. Did you mean 'f:open'?"),
        ("f:open", "allow='f:open'): expected a list of functions."),
        (api.f.open, "allow=api.f.open): expected a list of functions."),
        ([7], 'allow=[7]): expected api.module.function, or a string such as "module:function".'),
    ],
)
def test_what_is_allowed_has_to_be_there(t, allow, text):
    with pytest.raises(UsageError) as caught:
        checks.public_functions_need_auth(t, allow=allow)
    assert str(caught.value) == f"public_functions_need_auth({text}"


def test_a_user_is_the_same_t_as_somebody(project, t):
    with project.test() as other:
        for user in (t, "sarah", other.with_identity(name="Sarah")):
            with pytest.raises(UsageError, match=r"^public_functions_need_auth\(user=.*\): expected the same t as"):
                checks.public_functions_need_auth(t, user=user)


def test_a_t_is_a_t(project):
    with pytest.raises(UsageError, match=r"^public_functions_need_auth\(<Project .*>\): expected a `t`\.$"):
        checks.public_functions_need_auth(project)
