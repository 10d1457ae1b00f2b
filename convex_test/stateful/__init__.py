"""State machines for Hypothesis whose steps are calls of a project's functions.

    class Chat(ConvexStateMachine):
        functions = ["channels:*", "messages:*"]
        identities = {"sarah": {"name": "Sarah"}, "lee": {"name": "Lee"}}

        @staticmethod
        def prepare(t):
            t.with_identity(name="Sarah").mutation(api.users.signIn)

        @invariant()
        def every_channel_has_an_owner(self):
            ...

    TestChat = Chat.TestCase

`prepare` runs once; each example begins with a double of what it made, at the same time and with the same random
numbers. An example that fails prints a program that repeats it.

`rule`, `invariant`, `precondition`, `initialize` and the rest are Hypothesis's own, from `hypothesis.stateful`.
"""

from __future__ import annotations

from hypothesis.stateful import (
    Bundle,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from convex_test.stateful.bundles import ids_of
from convex_test.stateful.machine import ConvexStateMachine

__all__ = [
    "Bundle",
    "ConvexStateMachine",
    "consumes",
    "ids_of",
    "initialize",
    "invariant",
    "multiple",
    "precondition",
    "rule",
    "run_state_machine_as_test",
]
