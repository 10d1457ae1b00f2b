"""`import.meta.glob(…)`, which Vite replaces while it bundles: an object of thunks by path.

Rules of `packages/vite/src/node/plugins/importMetaGlob.ts` of `vitejs/vite`: patterns are literals, relative to the
file or, with a slash, to the root; `!` leaves out; nothing in `node_modules` or in folders that begin with a dot is
found; keys are sorted, and relative to the file. Options: `eager`, `import`, `exhaustive`. Others are refused.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import orjson

from convex_test.errors import ProjectError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CALL: Final = "import.meta.glob"
_CALL: Final = re.compile(r"import\.meta\.glob(?:<[^()]*?>)?\s*\(")
_LITERAL: Final = re.compile(r"""\s*(?:"((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)'|`([^`$\\]*)`)\s*""")
_COMMENT: Final = re.compile(r"""("[^"\n]*"|'[^'\n]*'|`[^`]*`)|/\*.*?\*/|//[^\n]*""", re.DOTALL)
_OPTION: Final = re.compile(r"""["']?(\w+)["']?\s*:\s*(true|false|"[^"]*"|'[^']*')""")


def rewrite_globs(source: str, file: Path, root: Path, thunk: Callable[[Path], str]) -> str:
    """`source` with each call replaced by an object on the same line.

    `thunk` gives the expression that imports a file lazily. Raises `ProjectError` for a call that cannot be read.
    """
    parts: list[str] = []
    at = 0
    for call in _CALL.finditer(source):
        if call.start() < at or _in_comment(source, call.start()):
            continue
        end = _closing(source, call.end(), file)
        arguments = source[call.end() : end]
        parts += [source[at : call.start()], _expanded(arguments, file, root, thunk), "\n" * arguments.count("\n")]
        at = end + 1
    return "".join([*parts, source[at:]])


def files_of(patterns: list[str], folder: Path, root: Path) -> list[Path]:
    """The files that match some pattern and none of those that begin with `!`, in order."""
    wanted = [_compiled(pattern, folder, root) for pattern in patterns if not pattern.startswith("!")]
    unwanted = [_compiled(pattern[1:], folder, root)[1] for pattern in patterns if pattern.startswith("!")]
    found: set[str] = set()
    for start, expression in wanted:
        found.update(
            path
            for path in _below(start)
            if expression.fullmatch(path) and not any(each.fullmatch(path) for each in unwanted)
        )
    return [Path(path) for path in sorted(found)]


def matches(pattern: str, file: Path, folder: Path) -> bool:
    """Whether a file is one that a glob names, which is relative to a folder."""
    plain = pattern if pattern.startswith((".", "/", "**")) else f"./{pattern}"
    _, expression = _compiled(plain, folder, folder)
    return expression.fullmatch(file.as_posix()) is not None


def _expanded(arguments: str, file: Path, root: Path, thunk: Callable[[Path], str]) -> str:
    patterns, options = _arguments(_COMMENT.sub(lambda found: found[1] or "", arguments), file)
    entries = []
    for found in files_of(patterns, file.parent, root):
        relative = os.path.relpath(found, file.parent).replace(os.sep, "/")
        key = relative if relative.startswith(".") else f"./{relative}"
        if patterns[0].startswith("/"):
            key = "/" + os.path.relpath(found, root).replace(os.sep, "/")
        load = thunk(found)
        if options.get("import"):
            load = f"{load}.then((module) => module[{orjson.dumps(options['import']).decode()}])"
        entries.append(f"{orjson.dumps(key).decode()}: () => {load}")
    return "({" + ", ".join(entries) + "})"


def _arguments(text: str, file: Path) -> tuple[list[str], dict[str, str | bool]]:
    text = text.strip()
    patterns: list[str] = []
    if text.startswith("["):
        inside, _, rest = text[1:].partition("]")
        at = 0
        while inside[at:].strip(" \n\t,"):
            found = _LITERAL.match(inside, at)
            if found is None:
                raise _unreadable(text, file)
            patterns.append(_value(found))
            at = found.end()
            at += inside[at : at + 1] == ","
    else:
        found = _LITERAL.match(text)
        if found is None:
            raise _unreadable(text, file)
        patterns, rest = [_value(found)], text[found.end() :]
    options: dict[str, str | bool] = {}
    for name, value in _OPTION.findall(rest):
        if name not in {"eager", "import", "exhaustive"} or (name == "eager" and value == "true"):
            raise ProjectError(
                f"{file}: not supported: the option `{name}: {value}` of import.meta.glob in a test file that pytest "
                "runs; of the options only `import` is."
            )
        options[name] = value.strip("\"'") if value not in {"true", "false"} else value == "true"
    return patterns, options


def _unreadable(text: str, file: Path) -> ProjectError:
    return ProjectError(f"{file}: import.meta.glob({text:.100}): the patterns must be string literals.")


def _value(found: re.Match[str]) -> str:
    return next(group for group in found.groups() if group is not None)


def _closing(source: str, at: int, file: Path) -> int:
    depth, quote = 1, ""
    while at < len(source):
        character = source[at]
        if quote:
            at += character == "\\"
            quote = "" if character == quote else quote
        elif character in "\"'`":
            quote = character
        elif character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
            if depth == 0:
                return at
        at += 1
    raise ProjectError(f"{file}: an import.meta.glob( has no end.")


def _in_comment(source: str, at: int) -> bool:
    line = source[source.rfind("\n", 0, at) + 1 : at]
    return bool(re.search(r"(?:^|[^:])//|^\s*\*", line))


def _compiled(pattern: str, folder: Path, root: Path) -> tuple[str, re.Pattern[str]]:
    """Where to look, and what paths must match."""
    if not pattern.startswith((".", "/", "**")):
        raise ProjectError(
            f'{folder}: import.meta.glob("{pattern}"): a pattern begins with "./", "../", "/" or "**"; '
            "aliases are not supported."
        )
    base = str(root) if pattern.startswith("/") else str(folder)
    parts = pattern.lstrip("/").split("/")
    fixed = 0
    while fixed < len(parts) - 1 and not re.search(r"[*?{\[(]", parts[fixed]):
        fixed += 1
    start = os.path.normpath(Path(base, *parts[:fixed]))
    expression = "".join(_translated(part, last=i == len(parts) - 1) for i, part in enumerate(parts[fixed:], fixed))
    return start, re.compile(re.escape(start.replace(os.sep, "/")) + "/" + expression)


def _translated(part: str, *, last: bool) -> str:
    if part == "**":
        return r"(?:[^./][^/]*/)*" if not last else r"(?:[^./][^/]*/)*[^./][^/]*"
    return _part(part) + ("" if last else "/")


def _part(part: str) -> str:
    """One name of a path: `*`, `?`, `[…]`, `{a,b}` and the extended `!(…)`, `@(…)`, `?(…)`, `*(…)`, `+(…)`."""
    made: list[str] = []
    at = 0
    while at < len(part):
        character = part[at]
        if character in "!@?*+" and part[at + 1 : at + 2] == "(":
            end = part.index(")", at)
            choices = "|".join(_part(choice) for choice in part[at + 2 : end].split("|"))
            rest = _part(part[end + 1 :])
            if character == "!":
                return "".join(made) + f"(?!(?:{choices}){rest}(?:/|$))[^/]*?{rest}"
            made.append(f"(?:{choices})" + {"@": "", "?": "?", "*": "*", "+": "+"}[character])
            at = end + 1
            continue
        if character == "{" and "}" in part[at:]:
            end = part.index("}", at)
            made.append("(?:" + "|".join(_part(choice) for choice in part[at + 1 : end].split(",")) + ")")
            at = end + 1
            continue
        if character == "[" and "]" in part[at:]:
            end = part.index("]", at)
            made.append(part[at : end + 1].replace("[!", "[^"))
            at = end + 1
            continue
        made.append({"*": r"(?!\.)[^/]*" if at == 0 else "[^/]*", "?": "[^/]"}.get(character, re.escape(character)))
        at += 1
    return "".join(made)


def _below(folder: str) -> Iterator[str]:
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name != "node_modules" and not name.startswith(".")]
        for name in files:
            yield f"{parent.replace(os.sep, '/')}/{name}"
