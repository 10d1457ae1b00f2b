"""Functions that returned before what they had begun was done: a warning, or an error, when their `t` ends."""

from __future__ import annotations

import warnings
from collections import Counter
from typing import TYPE_CHECKING, Final

from convex_test.errors import ConvexTestError

if TYPE_CHECKING:
    from convex_test.functions.deployment import Deployment
    from convex_test.functions.unawaited import Unawaited
    from convex_test.harness.job_reports import Report

MAXIMUM_SHOWN: Final = 5
MAXIMUM_CALLS: Final = 3
REMEDY: Final = (
    "Write `await` in front of these calls: in production those of an action may not run, and errors of the others "
    "come too late to be caught. Or switch this off: "
    '@pytest.mark.convex(unawaited="ignore"), or in the ini file convex_unawaited = ignore.'
)


class UnawaitedWarning(UserWarning):
    """Functions returned before what they had begun was done."""


def report_unawaited(deployment: Deployment, setting: Report) -> None:
    """Says which functions did not wait for which calls.

    Raises:
        ConvexTestError: there are some, and the setting is "error".
    """
    if setting == "ignore" or not deployment.unawaited:
        return
    counted = Counter(map(_line, deployment.unawaited))
    lines = [f"  {line}" if times == 1 else f"  {line} ({times} times)" for line, times in counted.items()]
    if len(lines) > MAXIMUM_SHOWN:
        lines[MAXIMUM_SHOWN:] = [f"  … {len(lines) - MAXIMUM_SHOWN} more …"]
    number = len({(left.kind, left.function) for left in deployment.unawaited})
    heading = f"{number} function{'' if number == 1 else 's'} returned before what was begun was done:"
    text = "\n".join([heading, *lines, REMEDY])
    if setting == "error":
        raise ConvexTestError(text)
    warnings.warn(UnawaitedWarning(text), stacklevel=2)


def _line(left: Unawaited) -> str:
    place = f" ({left.place})" if left.place else ""
    calls = ", ".join(left.calls[:MAXIMUM_CALLS]) + (", …" if len(left.calls) > MAXIMUM_CALLS else "")
    return f"{left.kind} {left.function}{place}: {calls}"
