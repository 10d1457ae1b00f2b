"""Each ready-made property finds the bug that was planted for it, makes it small, and lets a good project pass."""

from __future__ import annotations

import pytest

from convex_test import FunctionError, UsageError, api, properties
from convex_test.harness.twins import data_of, tables_that_differ

EVERY = [name for name in properties.__all__ if name != "PropertyFailure"]


def failure(name, t, **options):
    with pytest.raises(properties.PropertyFailure) as caught:
        getattr(properties, name)(t, **{"max_examples": 150, **options})
    return caught.value


def script(error, function):
    return error.failures[function].violation.script.split("\n")


@pytest.mark.parametrize("name", EVERY)
def test_a_good_project_passes(good, name):
    allow = {"allow": ["good:lottery"]} if name == "anonymous_callers_see_nothing" else {}
    getattr(properties, name)(good, max_examples=25, **allow)


@pytest.mark.parametrize("name", EVERY)
def test_the_state_stays_as_it_is(good, name):
    good.with_identity(name="Sarah").mutation("good:add", text="x")
    before, seed = data_of(good), good.env
    allow = {"allow": ["good:lottery"]} if name == "anonymous_callers_see_nothing" else {}

    getattr(properties, name)(good, max_examples=5, **allow)

    assert tables_that_differ(before, data_of(good)) == []
    assert good.env is seed
    assert [call.function for call in good.calls] == ["good:add"]


def test_a_crash_is_found(bad):
    error = failure("only_expected_errors", bad, functions=["bad:length"])

    assert list(error.failures) == ["bad:length"]
    assert script(error, "bad:length")[-1].endswith(
        "# FunctionError: Uncaught TypeError: Cannot read properties of null (reading 'text')"
    )
    assert len(script(error, "bad:length")) <= 2
    assert isinstance(error.__cause__, FunctionError)
    assert str(error).startswith(
        "only_expected_errors does not hold for 1 of 1 functions (seed=1):\n\nbad:length (convex/bad.ts:11) fails"
    )


def test_a_crash_that_needs_two_calls_before_is_found_and_shrunk(bad):
    lines = script(failure("only_expected_errors", bad, functions=api.bad.second), "bad:second")

    assert [line for line in lines if "bad:add" in line or "bad:once" in line] == lines[-3:-1]
    assert "'bad:second'" in lines[-1]


def test_the_script_repeats_the_crash(bad, bad_project):
    lines = script(failure("only_expected_errors", bad, functions=api.bad.second), "bad:second")
    with bad_project.test() as t, pytest.raises(FunctionError, match="too many"):
        exec("\n".join(lines), {"t": t})


def test_expected_errors_can_be_chosen(bad):
    properties.only_expected_errors(bad, functions="bad:second", expected=(FunctionError,), max_examples=200)


def test_a_result_that_does_not_match_is_found(bad):
    error = failure("returns_match", bad, functions=["bad:longest"])

    assert list(error.failures) == ["bad:longest"]
    assert "{'text': ''}" in script(error, "bad:longest")[-2]


def test_a_query_that_remembers_is_found(bad):
    error = failure("queries_are_repeatable", bad, functions=["bad:count", "bad:longest"])

    assert list(error.failures) == ["bad:count"]
    lines = script(error, "bad:count")
    assert sum("'bad:count'" in line for line in lines) == 2
    assert "With the same data and fresh modules it gives 1" in str(error)


def test_a_failed_mutation_that_is_remembered_is_found(bad):
    error = failure("failed_mutations_change_nothing", bad, functions=["bad:fail", "bad:remove"], max_examples=300)

    assert list(error.failures) == ["bad:fail"]
    lines = [line for line in script(error, "bad:fail") if "bad:" in line]
    assert len(lines) == 2
    assert "'bad:fail'" in lines[0]
    assert "'bad:failed'" in lines[1]


def test_a_failed_mutation_that_leaves_data_behind_is_found(good, monkeypatch):
    from convex_test.backend.store.transactions import Transaction

    # No project can do this as long as the library is right.
    monkeypatch.setattr(Transaction, "rollback", lambda self: self.store.finish(self))
    error = failure("failed_mutations_change_nothing", good, functions="good:add")

    assert "fails, and leaves changes behind in notes" in str(error)
    assert script(error, "good:add")[-1].endswith("# ConvexError: Uncaught ConvexError: Empty")


def test_a_mutation_that_does_nothing_the_second_time_is_found(bad):
    error = failure("retried_mutations_run_once", bad, functions=["bad:once", "bad:add"], max_examples=40)

    assert list(error.failures) == ["bad:once"]
    lines = script(error, "bad:once")
    assert lines[-1].endswith(".mutation('bad:once', {'text': ''})")
    assert lines[-2] == "    raise InterruptedError  # before it, so it has to run again"


def test_the_script_repeats_the_conflict(bad, bad_project):
    from contextlib import suppress

    lines = script(
        failure("retried_mutations_run_once", bad, functions=["bad:once", "bad:add"], max_examples=40), "bad:once"
    )
    with bad_project.test() as t:
        exec("\n".join(lines), {"t": t, "suppress": suppress})
        assert t.run(lambda ctx: ctx.db.query("notes").collect()) == []


def test_a_function_without_a_validator_is_found(bad):
    error = failure("invalid_arguments_are_refused", bad, functions=["bad:unchecked", "bad:add"], max_examples=20)

    assert list(error.failures) == ["bad:unchecked"]
    assert "has no argument validator, so it takes whatever a client sends" in str(error)


def test_arguments_that_get_through_are_found(good, monkeypatch):
    from convex_test.backend.schema.validators import ArgsValidator

    # No project can do this as long as the library is right.
    monkeypatch.setattr(ArgsValidator, "check", lambda *_: None)
    error = failure("invalid_arguments_are_refused", good, functions="good:mine")

    assert "takes arguments that its validator refuses" in str(error)


def test_data_for_everybody_is_found(bad):
    error = failure(
        "anonymous_callers_see_nothing", bad, functions=["bad:add", "bad:count", "bad:longest"], allow=["bad:longest"]
    )

    assert list(error.failures) == ["bad:add", "bad:count"]
    assert "lets somebody who is not signed in change notes" in str(error)
    assert "shows data to somebody who is not signed in" in str(error)


def test_what_needs_an_answer_from_elsewhere_is_not_blamed(bad):
    properties.only_expected_errors(bad, functions="bad:fetches", max_examples=3)
    bad.outbound.get("https://api.example.com/").respond(json={})
    properties.only_expected_errors(bad, functions="bad:fetches", max_examples=3)


def test_the_same_seed_gives_the_same_example(bad):
    first, second = (
        str(failure("only_expected_errors", bad, functions=["bad:length", "bad:second"], seed=5)) for _ in range(2)
    )

    assert first == second


def test_time_ends_a_search(good):
    properties.only_expected_errors(good, seconds=0.3, max_examples=10**6)


def test_users_of_the_test_can_be_the_callers(good):
    sarah = good.with_identity(name="Sarah")
    note = sarah.mutation("good:add", text="x")
    properties.only_expected_errors(good, identities={"sarah": sarah}, max_examples=20)
    assert sarah.query("good:mine")[0]["_id"] == note


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"functions": "good:nothing"}, "functions='good:nothing': no function of"),
        ({"step": 5}, r"properties\.returns_match\(step=…\): unknown keyword; known are functions, identities"),
        ({"steps": -1}, r"properties\.returns_match\(steps=-1\): expected a whole number from 0 on\."),
        ({"max_examples": 0}, r"properties\.returns_match\(max_examples=0\): expected a whole number from 1 on\."),
        ({"seconds": "5"}, r"properties\.returns_match\(seconds='5'\): expected seconds, a number above 0, or None\."),
        ({"seed": "x"}, r"properties\.returns_match\(seed='x'\): expected an int\."),
        ({"identities": {"t": None}}, r"properties\.returns_match\(identities=.*\): expected who calls, by name"),
        ({"overrides": {"good:ad": {}}}, "overrides={'good:ad': …}: this is none of the functions that are called"),
    ],
)
def test_wrong_options(good, options, text):
    with pytest.raises(UsageError, match=text):
        properties.returns_match(good, **options)


def test_it_wants_a_t(good_project):
    with pytest.raises(UsageError) as caught:
        properties.returns_match(good_project)
    assert str(caught.value).startswith("properties.returns_match(<Project ")


def test_a_property_that_applies_to_nothing_is_refused(good):
    with pytest.raises(UsageError) as caught:
        properties.queries_are_repeatable(good, functions="good:add")
    assert str(caught.value) == "properties.queries_are_repeatable: it applies to none of the 1 functions."
