"""`ConvexStateMachine`: what its examples begin with, what its rules call, and the program that a failure prints."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from convex_test import ConvexError, FunctionError, UsageError, api
from convex_test.stateful import (
    ConvexStateMachine,
    ids_of,
    invariant,
    rule,
    run_state_machine_as_test,
)

BANK = """
    import { ConvexError, v } from "convex/values";
    import { internal } from "./_generated/api";
    import { internalMutation, mutation, query } from "./_generated/server";

    export const open = mutation({
      args: { owner: v.string() },
      handler: async (ctx, { owner }) => await ctx.db.insert("accounts", { owner, balance: 10 }),
    });
    export const move = mutation({
      args: { from: v.id("accounts"), to: v.id("accounts"), amount: v.number() },
      handler: async (ctx, { from, to, amount }) => {
        const [source, target] = [await ctx.db.get(from), await ctx.db.get(to)];
        if (source === null || target === null) throw new ConvexError("No such account");
        if (!(amount > 0) || source.balance < amount) throw new ConvexError("Not that amount");
        // Wrong when both are the same account.
        await ctx.db.patch(from, { balance: source.balance - amount });
        await ctx.db.patch(to, { balance: target.balance + amount });
      },
    });
    export const whoami = query(async (ctx) => (await ctx.auth.getUserIdentity())?.name ?? null);
    export const later = mutation(async (ctx) => {
      await ctx.scheduler.runAfter(60_000, internal.bank.happen, {});
    });
    export const happen = internalMutation(async (ctx) => { await ctx.db.insert("events", {}); });
    export const crash = mutation({ args: { n: v.number() }, handler: async (_ctx, { n }) => {
      if (n > 100) throw new Error("too much");
    } });
"""
SCHEMA = """
    import { defineSchema, defineTable } from "convex/server";
    import { v } from "convex/values";
    export default defineSchema({
      accounts: defineTable({ owner: v.string(), balance: v.number() }),
      events: defineTable({}),
    });
"""
EVERYTHING_BUT_EXPLAIN = [Phase.generate, Phase.shrink]


@pytest.fixture(scope="module")
def bank(make_project):
    return make_project({"convex/schema.ts": SCHEMA, "convex/bank.ts": BANK})


def run(machine, project, *, examples=60, steps=12):
    """Runs a machine for a project; the error that it ends with, or None."""
    machine.project = project
    found = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        derandomize=True,
        phases=EVERYTHING_BUT_EXPLAIN,
        suppress_health_check=list(HealthCheck),
    )
    try:
        run_state_machine_as_test(machine, settings=found)
    except Exception as error:  # noqa: BLE001 - whatever it is, the test looks at it
        return error
    return None


def program_of(error):
    [note] = [note for note in error.__notes__ if note.startswith("A program that repeats it:")]
    return note.split("\n\n", maxsplit=1)[1]


class Bank(ConvexStateMachine):
    functions = ("bank:open", "bank:move")

    @invariant()
    def no_money_is_made(self):
        accounts = self.t.run(lambda ctx: ctx.db.query("accounts").collect())
        assert sum(account["balance"] for account in accounts) == 10 * len(accounts)


def test_a_bug_is_found_and_shrunk(bank):
    error = run(Bank, bank, examples=400)

    assert isinstance(error, AssertionError)
    lines = [line.strip() for line in program_of(error).splitlines() if line.startswith("    ")]
    assert any(line.startswith("accounts_1 = ") for line in lines)
    assert sum("bank:open" in line for line in lines) == 1
    assert sum("bank:move" in line for line in lines) == 1
    assert "'from': accounts_1" in lines[-2]
    assert "'to': accounts_1" in lines[-2]
    assert lines[-1].startswith("Bank.over(t).no_money_is_made()  # AssertionError")


def test_the_program_repeats_the_failure(bank):
    program = program_of(run(Bank, bank, examples=400))

    with pytest.raises(AssertionError, match="assert"):
        exec(compile(program, "<program>", "exec"), {})


class Crash(ConvexStateMachine):
    functions = api.bank.crash
    identities: ClassVar = {"sarah": {"name": "Sarah"}}


def test_an_error_that_is_not_expected_ends_the_example(bank):
    error = run(Crash, bank)

    assert isinstance(error, FunctionError)
    program = program_of(error)
    assert program.rstrip().splitlines()[-2:] == [
        "    sarah = t.with_identity({'name': 'Sarah'})",
        "    sarah.mutation('bank:crash', {'n': 101})  # FunctionError: Uncaught Error: too much",
    ]
    with pytest.raises(FunctionError, match="too much"):
        exec(compile(program, "<program>", "exec"), {})


class Tolerant(Crash):
    expected_errors = (FunctionError,)
    seen: ClassVar[list] = []

    def failed(self, call, error):
        self.seen.append(error.message)

    def succeeded(self, call, result):
        assert result is None
        self.seen.append(call.args["n"])


def test_expected_errors_go_on_and_both_ends_can_be_looked_at(bank):
    assert run(Tolerant, bank) is None
    assert "too much" in Tolerant.seen
    assert any(isinstance(each, int | float) for each in Tolerant.seen)


class Prepared(ConvexStateMachine):
    functions = "bank:open"
    durations = None
    first_ids: ClassVar[set] = set()
    prepared_times = 0

    @staticmethod
    def prepare(t):
        Prepared.prepared_times += 1
        return t.mutation("bank:open", owner="Sarah")

    def __init__(self):
        super().__init__()
        assert [each["_id"] for each in self.t.run(lambda ctx: ctx.db.query("accounts").collect())] == [self.prepared]
        self.made = 0

    def succeeded(self, call, result):
        if not self.made:
            self.first_ids.add(result)
        self.made += 1

    @invariant()
    def what_was_made_is_there(self):
        assert len(self.t.run(lambda ctx: ctx.db.query("accounts").collect())) == self.made + 1


def test_each_example_begins_with_a_double_of_the_prepared_state(bank):
    assert run(Prepared, bank, steps=4) is None
    assert Prepared.prepared_times == 1
    assert len(Prepared.first_ids) == 1


class Roles(ConvexStateMachine):
    identities: ClassVar = {"sarah": {"name": "Sarah"}, "nobody": None}
    functions: ClassVar = {"sarah": ["bank:whoami", "bank:open"], "nobody": ["bank:whoami"]}
    durations = None
    seen: ClassVar[set] = set()

    def succeeded(self, call, result):
        self.seen.add((call.caller, call.function.path, result if call.function.kind == "query" else None))


def test_each_caller_calls_what_is_theirs(bank):
    assert run(Roles, bank) is None
    assert Roles.seen == {
        ("sarah", "bank:whoami", "Sarah"),
        ("sarah", "bank:open", None),
        ("nobody", "bank:whoami", None),
    }


class Bundles(ConvexStateMachine):
    functions = ("bank:open",)
    drawn: ClassVar[list] = []

    @rule(account=ids_of("accounts"))
    def look(self, account):
        self.drawn.append(self.t.run(lambda ctx: ctx.db.get(account)))


def test_a_bundle_has_the_ids_that_there_are(bank):
    assert run(Bundles, bank) is None
    assert Bundles.drawn
    assert None not in Bundles.drawn


class Time(ConvexStateMachine):
    functions = "bank:later"
    durations = st.just(timedelta(minutes=2))

    @invariant()
    def nothing_happens(self):
        assert self.t.run(lambda ctx: ctx.db.query("events").collect()) == []


def test_time_moves_and_runs_what_falls_due(bank):
    program = program_of(run(Time, bank))

    calls = [line.strip() for line in program.splitlines() if ".mutation(" in line or ".advance(" in line]
    assert calls == [calls[0], "t.advance(seconds=120.0)"]
    assert ".mutation('bank:later', {})" in calls[0]


class Chosen(ConvexStateMachine):
    functions = "bank:crash"
    overrides: ClassVar = {"bank:crash": {"n": st.integers(1, 5)}}


def test_overrides_of_arguments(bank):
    assert run(Chosen, bank) is None


@pytest.mark.parametrize(
    ("attributes", "text"),
    [
        ({"functions": "bank:nothing"}, "functions='bank:nothing': no function of .* fits. Did you mean"),
        ({"functions": 5}, "functions=5: expected references such as api.messages.send or patterns"),
        ({"kinds": "query"}, "kinds='query': expected some of"),
        ({"identities": {}}, r"Wrong\.identities = {}: expected who calls, by name"),
        ({"functions": {"bob": ["*"]}}, r"Wrong\.functions: 'bob' is none of the identities alice, anonymous\."),
        (
            {"overrides": {"bank:mvoe": {}}},
            "overrides={'bank:mvoe': …}: this is none of the functions that are called.",
        ),
        ({"overrides": {"bank:move": 5}}, "overrides={'bank:move': 5}: expected the places of each function"),
    ],
)
def test_wrong_settings(bank, attributes, text):
    wrong = type("Wrong", (ConvexStateMachine,), attributes)
    with pytest.raises(UsageError, match=text):
        raise run(wrong, bank)


def test_a_wrong_bundle():
    with pytest.raises(UsageError) as caught:
        ids_of(5)
    assert str(caught.value) == "ids_of(5): expected the name of a table."


def test_a_module_stands_for_its_functions(bank):
    machine = type(
        "All", (ConvexStateMachine,), {"functions": api.bank, "expected_errors": (ConvexError, FunctionError)}
    )
    assert run(machine, bank, examples=5) is None


class Closing(ConvexStateMachine):
    functions = "bank:open"


def test_a_machine_can_be_put_over_a_t(bank):
    Closing.project = bank
    with bank.test() as t, contextlib.ExitStack() as stack:
        machine = Closing.over(t)
        stack.callback(machine.teardown)
        machine.callers["alice"].mutation("bank:open", owner="x")
        assert len(t.run(lambda ctx: ctx.db.query("accounts").collect())) == 1
        assert "alice.mutation('bank:open', owner='x')" in machine.program()
