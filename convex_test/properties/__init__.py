"""Ready-made property tests: what holds for the functions of every Convex project.

    from convex_test import properties

    def test_no_function_crashes(t):
        properties.only_expected_errors(t)

Each takes the `t` of the test as the state to begin with, with whatever the test has put there, and leaves it as it is.
An example is a double of that state, in which a few public functions are called, by several users and with arguments
from their validators; then comes the call that counts. What breaks the property is made smaller and raised as
`PropertyFailure`, with the calls that show it.

What all of them take:

    functions      what is checked: references and patterns, such as api.messages, "messages:*", "!messages:remove"
    identities     who calls, by name; None is somebody who is not signed in
    overrides      strategies or values for arguments: {"messages:send": {"body": st.text(min_size=1)}}
    steps          how many calls come before the one that counts, at most
    max_examples   how many examples there are for each function
    seconds        how long all of it may take; None is without end
    seed           gives the same examples again; by default it is that of `t`

None of them sees what it does not call: a function that needs a state which the prepared data and a few calls do not
reach is checked as far as it goes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from convex_test.harness.selection import select_functions
from convex_test.properties.rules import (
    EXPECTED,
    AnonymousCallersSeeNothing,
    FailedMutationsChangeNothing,
    InvalidArgumentsAreRefused,
    OnlyExpectedErrors,
    QueriesAreRepeatable,
    RetriedMutationsRunOnce,
    ReturnsMatch,
)
from convex_test.properties.running import ANONYMOUS, Options, PropertyFailure, require

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convex_test.harness.t import ConvexTest
    from convex_test.references import Reference

__all__ = [
    "PropertyFailure",
    "anonymous_callers_see_nothing",
    "failed_mutations_change_nothing",
    "invalid_arguments_are_refused",
    "only_expected_errors",
    "queries_are_repeatable",
    "retried_mutations_run_once",
    "returns_match",
]


def only_expected_errors(
    t: ConvexTest, *, expected: tuple[type[Exception], ...] = EXPECTED, **options: Unpack[Options]
) -> None:
    """No public function fails with anything but `ConvexError` or a validation error, whatever valid arguments it gets.

    Args:
        t: the state to begin with.
        expected: what functions may fail with.
        options: see the module.

    Raises:
        PropertyFailure: one does.
        UsageError: an option is wrong.
    """
    require(OnlyExpectedErrors(expected), "only_expected_errors", t, options)


def returns_match(t: ConvexTest, **options: Unpack[Options]) -> None:
    """What functions return matches their `returns` validators. See `only_expected_errors`."""
    require(ReturnsMatch(), "returns_match", t, options)


def queries_are_repeatable(t: ConvexTest, **options: Unpack[Options]) -> None:
    """A query depends on nothing but its arguments, its caller, the data and the time. See `only_expected_errors`.

    In particular not on variables of a module, which in production are forgotten after each call.
    """
    require(QueriesAreRepeatable(), "queries_are_repeatable", t, options)


def failed_mutations_change_nothing(t: ConvexTest, **options: Unpack[Options]) -> None:
    """A mutation that fails leaves nothing behind, neither data nor what a module remembers.

    See `only_expected_errors`.
    """
    require(FailedMutationsChangeNothing(), "failed_mutations_change_nothing", t, options)


def retried_mutations_run_once(t: ConvexTest, **options: Unpack[Options]) -> None:
    """A mutation that has to run again, because another one has committed in the meantime, acts as if it ran once.

    See `only_expected_errors`.
    """
    require(RetriedMutationsRunOnce(), "retried_mutations_run_once", t, options)


def invalid_arguments_are_refused(t: ConvexTest, **options: Unpack[Options]) -> None:
    """Each public function has an argument validator, and what it refuses does not get through.

    See `only_expected_errors`.
    """
    require(InvalidArgumentsAreRefused(), "invalid_arguments_are_refused", t, options)


def anonymous_callers_see_nothing(
    t: ConvexTest, *, allow: str | Reference | Sequence[str | Reference] = (), **options: Unpack[Options]
) -> None:
    """Who is not signed in gets the same from a public function whatever the data is, and changes none.

    Args:
        t: the state to begin with.
        allow: the functions that are meant for everybody: references and patterns.
        options: see `only_expected_errors`.
    """
    open_to_all = {each.path for each in select_functions(t, allow)} if allow else set()
    identities = options.get("identities")
    if identities:
        options["identities"] = {**identities, ANONYMOUS: None}
    rule = AnonymousCallersSeeNothing(lambda function: function.path in open_to_all, ANONYMOUS)
    require(rule, "anonymous_callers_see_nothing", t, options)
