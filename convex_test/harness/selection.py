"""Choosing some of a project's functions: by reference, by pattern, by kind, by visibility."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final

from convex_test.errors import UsageError
from convex_test.functions.resolve import function_path
from convex_test.harness.inside import deployment_of
from convex_test.references import Reference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convex_test.harness.t import ConvexTest
    from convex_test.records import FunctionRecord

KINDS: Final = ("query", "mutation", "action")
EVERYTHING: Final = ("*",)


def select_functions(
    t: ConvexTest, functions: Any = EVERYTHING, *, kinds: Sequence[str] = KINDS, internal: bool = False
) -> list[FunctionRecord]:
    """The functions that match, by path; evaluates every module. HTTP actions, which have no name, are left out.

    Args:
        t: a `t` of the project.
        functions: references and patterns, or one of them: `api.messages.send`, `api.messages` for all of a module,
            "messages:*", and "!messages:remove" for what is left out again.
        kinds: some of "query", "mutation" and "action".
        internal: whether internal functions are among them, too.

    Raises:
        UsageError: a pattern or a reference that fits no function of the project, or no pattern at all.
    """
    _check_kinds(kinds)
    patterns = [_pattern(t, given) for given in _several(functions)]
    known = [each for each in t.functions if each.kind in KINDS]
    for pattern in patterns:
        if not any(fnmatchcase(each.path, pattern.removeprefix("!")) for each in known):
            raise UsageError(f"functions={pattern!r}: no function of {t.root} fits.{_hint(pattern, known)}")
    wanted = [pattern for pattern in patterns if not pattern.startswith("!")] or list(EVERYTHING)
    unwanted = [pattern.removeprefix("!") for pattern in patterns if pattern.startswith("!")]
    return [
        each
        for each in known
        if each.kind in kinds
        and (internal or each.visibility == "public")
        and any(fnmatchcase(each.path, pattern) for pattern in wanted)
        and not any(fnmatchcase(each.path, pattern) for pattern in unwanted)
    ]


def _several(functions: Any) -> list[Any]:
    if isinstance(functions, str | Reference):
        return [functions]
    given = list(functions) if isinstance(functions, Iterable) else []
    if not given or not all(isinstance(each, str | Reference) for each in given):
        raise UsageError(
            f"functions={functions!r:.200}: expected references such as api.messages.send or patterns such as "
            '"messages:*", or several of them.'
        )
    return given


def _pattern(t: ConvexTest, given: str | Reference) -> str:
    if isinstance(given, str):
        return given
    path = function_path(deployment_of(t), given)
    modules = deployment_of(t).runtime.modules_by_path
    stem = path.module.removesuffix(".js")
    if path.name != "default" and f"{stem}/{path.name}.js" in modules and path.module not in modules:
        return f"{stem}/{path.name}:*"
    is_default = any(each.path == stem for each in t.functions)
    return f"{stem}:*" if path.name == "default" and not is_default else str(path)


def _hint(pattern: str, known: list[FunctionRecord]) -> str:
    near = difflib.get_close_matches(pattern.removeprefix("!"), [each.path for each in known], n=1)
    if near:
        return f" Did you mean {near[0]!r}?"
    return f" It has {', '.join(each.path for each in known[:20]) or 'none'}{' …' if len(known) > 20 else ''}."


def _check_kinds(kinds: Any) -> None:
    if isinstance(kinds, str) or not set(kinds) <= set(KINDS) or not kinds:
        raise UsageError(f"kinds={kinds!r}: expected some of {KINDS!r}.")
