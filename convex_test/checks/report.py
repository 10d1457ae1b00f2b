"""What a check says of the functions that it did not like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from convex_test.checks.trials import Trial

LONGEST: Final = 120
"""Characters of arguments, results and errors that are shown."""


def report(trials: Sequence[Trial]) -> str:
    """The text for those that did not refuse; "" when all did."""
    answered = [trial for trial in trials if trial.outcome == "answered"]
    unclear = [trial for trial in trials if trial.outcome == "unclear"]
    sections = []
    if answered:
        sections.append("\n".join([f"{_count(answered)} answered a caller who is not signed in:", *_lines(answered)]))
    if unclear:
        heading = f"{_count(unclear)} failed, but nothing shows that it was for want of a user:"
        sections.append("\n".join([heading, *_lines(unclear)]))
    if not sections:
        return ""
    return "\n\n".join([*sections, _advice(answered, unclear)])


def _count(trials: Sequence[Trial]) -> str:
    return f"{len(trials)} public function{'' if len(trials) == 1 else 's'}"


def _lines(trials: Sequence[Trial]) -> Iterator[str]:
    for trial in trials:
        function = trial.function
        place = function.file if function.line is None else f"{function.file}:{function.line}"
        args = "" if trial.args is None else _short(repr(trial.args))
        yield f"    {function.kind} {function.path}({args})  {place}"
        if trial.outcome == "answered":
            yield f"        returned {_short(repr(trial.result))}"
        else:
            why = "" if trial.error is None else f": {_short(trial.error.text)}"
            yield f"        {trial.reason}{why}"


def _advice(answered: Sequence[Trial], unclear: Sequence[Trial]) -> str:
    names = ", ".join(f'"{trial.function.path}"' for trial in [*answered, *unclear])
    lines = []
    if answered:
        lines.append("Let a function throw when ctx.auth.getUserIdentity() is null, or allow everybody to call it.")
    if unclear:
        lines.append(
            "What is unclear may become clear with documents in t, with user=, a t of somebody for whom the call "
            "succeeds, or with is_refusal=."
        )
    lines.append(f"To allow everybody: allow=[{names}]")
    return "\n".join(lines)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
