"""Makes promises and caught errors visible to the runtime, in what esbuild prints.

In production a promise that is rejected while nobody awaits it ends a function, and no `catch` stops the end of memory.
QuickJS tells nobody of either. So

* each async function of the bundle is handed to `__task`, or to its short name when it has none of its own, which gives
  back the function to use instead. esbuild names functions by `__name(…)`, and classes by `__name(this, …)` in a static
  block: there `__task` takes that one's place;
* `new Promise(…)` becomes `__promise(…)`;
* each `catch` first asks `__caught` about what it has caught.

All three ask the functions at `globalThis[Symbol.for("convex-test.task")]` and so on, when there are some. Nothing that
is mapped moves: a line may be longer behind its last mapped position, and an arrow function without a block gives up
the spaces that its new head needs. What follows one on the same line moves by one column.

What is read here was printed by esbuild, without minification. A section whose brackets do not match as expected is
left as it is. Known gaps: async generators; async methods that are private, have a computed name, use `super` in an
object literal, or belong to a class without a name; `finally` that returns.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, NamedTuple

TASK_SYMBOL: Final = "convex-test.task"
PROMISE_SYMBOL: Final = "convex-test.promise"
CAUGHT_SYMBOL: Final = "convex-test.caught"

_SHORT_NAMES: Final = ("$_", "_$", "$0", "$1", "$2", "$3")

_ASYNC_EXPRESSION: Final = re.compile(r"(?<=/\* @__PURE__ \*/ )__name\((?=async (?!function\*))")
_ASYNC_DECLARATION: Final = re.compile(r"^ *async function ([\w$]+)\(", re.MULTILINE)
_NAMED_DECLARATION: Final = re.compile(r"^( *)__name\(([\w$]+), ", re.MULTILINE)
_CLASS_NAME: Final = re.compile(r"(?<=  )__name\(this, (?=\"[^\"\n]*\"\);$)", re.MULTILINE)
_CATCH: Final = re.compile(r"\} catch ")
_INTERESTING: Final = re.compile(r"\basync |\bnew Promise\(|\} catch ")
_SKIPPED: Final = r"//[^\n]*|/\*.*?\*/|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'"
_WORDS: Final = r"(?<![\w$.])(?:async|class|catch|new Promise\()(?![\w$:])"
_TOKEN: Final = re.compile(rf"{_SKIPPED}|[`/{{}}()\[\]]|{_WORDS}", re.DOTALL)
# Where the body of an arrow function without a block may end, too.
_DETAILED: Final = re.compile(rf"{_SKIPPED}|[`/{{}}()\[\],;]| [?:](?= )|{_WORDS}", re.DOTALL)
_TEMPLATE: Final = re.compile(r"(?:[^`\\$]|\\.|\$(?!\{))*(`|\$\{)", re.DOTALL)
_REGEXP: Final = re.compile(r"/(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/\w*")
_METHOD: Final = re.compile(r"async ([\w$]+|\"(?:[^\"\\\n]|\\.)*\")\(")
_KEYWORD_BEFORE_REGEXP: Final = re.compile(
    r"(?<![\w$.])(?:return|typeof|case|in|of|delete|void|throw|new|instanceof|await|yield|else|do)$"
)
_CLOSERS: Final = {"{": "}", "(": ")", "[": "]"}
_NAMED: Final = ("__name(", "__task(", "__same(")


class _Unreadable(Exception):
    """The brackets do not match."""


class _Edit(NamedTuple):
    start: int
    end: int
    text: str


@dataclass(slots=True)
class _Bracket:
    """An open bracket.

    `role` says what it encloses: a "class", an expression in a "template", the body of an "object method". `head` says
    what the parentheses belong to that began at `start`: an "arrow", a "function", a "catch", or else the method of
    that name. `edits` are made when it closes, and `behind` is put behind it. `ternaries` has, for each arrow function
    without a block that ends in it, the number of `?` still open.
    """

    closer: str
    role: str = ""
    head: str = ""
    start: int = 0
    at: int = 0
    behind: str = ""
    edits: list[_Edit] = field(default_factory=list)
    ternaries: list[int] = field(default_factory=list)


def helpers(code: str) -> tuple[str, str]:
    """The definitions of the helpers for `code`, one line, and the short name for `__task`."""
    short = next((name for name in _SHORT_NAMES if name not in code), "__task")
    hook = 'globalThis[Symbol.for("{}")]'.format
    return (
        f"var __task = (value, name) => ({hook(TASK_SYMBOL)} ?? ((same) => same))"
        '(name === void 0 ? value : Object.defineProperty(value, "name", { value: name, configurable: true })), '
        + (f"{short} = __task, " if short != "__task" else "")
        + f"__promise = (executor) => ({hook(PROMISE_SYMBOL)} ?? ((same) => same))(new Promise(executor)), "
        f"__caught = {hook(CAUGHT_SYMBOL)} ?? (() => {{}});"
    ), short


def with_hooks(section: str, short: str, *, only_caught: bool = False) -> str:
    """The code of a module with what it catches, its async functions and its promises made visible."""
    if not only_caught:
        section = _with_named_tasks(section)
    if not (_CATCH if only_caught else _INTERESTING).search(section):
        return section
    try:
        edits = _Reader(section, short, only_caught=only_caught).read()
    except _Unreadable:
        return section
    parts, at = [], 0
    for start, end, text in sorted(edits, key=lambda edit: edit[:2]):
        parts += [section[at:start], text]
        at = end
    return "".join([*parts, section[at:]])


def _with_named_tasks(section: str) -> str:
    declared = set(_ASYNC_DECLARATION.findall(section))

    def assigned(match: re.Match[str]) -> str:
        name = match[2]
        return f"{match[1]}{name} = __task({name}, " if name in declared else match[0]

    section = _CLASS_NAME.sub("__task(this, ", _ASYNC_EXPRESSION.sub("__task(", section))
    return _NAMED_DECLARATION.sub(assigned, section)


class _Reader:
    """Reads the code of one module from its beginning to its end."""

    def __init__(self, text: str, short: str, *, only_caught: bool) -> None:
        self._text = text
        self._short = short
        self._only_caught = only_caught
        self._stack = [_Bracket("")]
        self._edits: list[_Edit] = []
        # What the next bracket will be.
        self._next: _Bracket | None = None
        # For each `class` whose body has not begun, how many brackets were open.
        self._classes: list[int] = []

    def read(self) -> list[_Edit]:
        """What is to be changed. Raises `_Unreadable`."""
        text, at = self._text, 0
        while found := (_DETAILED if self._stack[-1].ternaries else _TOKEN).search(text, at):
            piece, at = found[0], found.end()
            first = piece[0]
            if first == "`":
                at = self._template(at)
            elif piece == "/":
                at = self._slash(found.start())
            elif piece in _CLOSERS:
                self._open(piece, found.start())
            elif piece in "})]":
                at = self._close(piece, found.start())
            elif piece in {",", ";"}:
                self._end_arrows(found.start())
            elif piece in {" ?", " :"}:
                self._ternary(piece, found.start())
            elif first not in "\"'/":
                at = self._word(piece, found.start())
        if len(self._stack) != 1 or self._stack[0].ternaries:
            raise _Unreadable
        return self._edits

    def _template(self, at: int) -> int:
        chunk = _TEMPLATE.match(self._text, at)
        if chunk is None:
            raise _Unreadable
        if chunk[1] != "`":
            self._stack.append(_Bracket("}", "template"))
        return chunk.end()

    def _slash(self, start: int) -> int:
        before = start - 1
        while before >= 0 and self._text[before] in " \n":
            before -= 1
        previous = self._text[before] if before >= 0 else ";"
        divides = previous in ")]}\"'`" or previous.isalnum() or previous in "_$"
        if divides and _KEYWORD_BEFORE_REGEXP.search(self._text, max(0, before - 12), before + 1):
            divides = False
        if divides:
            return start + 1
        literal = _REGEXP.match(self._text, start)
        if literal is None:
            raise _Unreadable
        return literal.end()

    def _open(self, piece: str, start: int) -> None:
        bracket, self._next = self._next or _Bracket(""), None
        if piece == "{" and self._classes and self._classes[-1] == len(self._stack):
            self._classes.pop()
            bracket.role = "class"
        bracket.closer, bracket.at = _CLOSERS[piece], start
        self._stack.append(bracket)

    def _close(self, piece: str, start: int) -> int:
        self._end_arrows(start)
        bracket = self._stack.pop()
        if bracket.closer != piece or not self._stack:
            raise _Unreadable
        if bracket.role == "template":
            return self._template(start + 1)
        if bracket.role == "object method" and "super" in self._text[bracket.at : start]:
            return start + 1
        self._edits += bracket.edits
        if bracket.behind:
            self._edits.append(_Edit(start + 1, start + 1, bracket.behind))
        return self._head_closed(bracket, start + 1) if bracket.head else start + 1

    def _end_arrows(self, at: int) -> None:
        """The arrow functions without a block that end here."""
        arrows = self._stack[-1].ternaries
        if arrows:
            self._edits.append(_Edit(at, at, ")" * len(arrows)))
            arrows.clear()

    def _ternary(self, piece: str, at: int) -> None:
        arrows = self._stack[-1].ternaries
        if piece == " ?":
            arrows[-1] += 1
            return
        while arrows and arrows[-1] == 0:
            arrows.pop()
            self._edits.append(_Edit(at, at, ")"))
        if arrows:
            arrows[-1] -= 1

    def _word(self, piece: str, start: int) -> int:
        text, end = self._text, start + len(piece)
        if piece == "catch":
            return self._catch(start)
        if self._only_caught:
            return end
        if piece == "class":
            self._classes.append(len(self._stack))
        elif piece == "new Promise(":
            self._edits.append(_Edit(start, end, "__promise(  "))
            end -= 1
        elif text.endswith(_NAMED, 0, start):
            pass
        elif text.startswith("async (", start):
            self._next = _Bracket("", head="arrow", start=start)
        elif text.startswith("async function(", start):
            self._next = _Bracket("", head="function", start=start)
            end = start + len("async function")
        elif (method := _METHOD.match(text, start)) and self._is_object_method():
            self._next = _Bracket("", head=method[1], start=start)
            end = method.end() - 1
        return end

    def _is_object_method(self) -> bool:
        return self._stack[-1].closer == "}" and self._stack[-1].role == ""

    def _catch(self, start: int) -> int:
        text, end = self._text, start + len("catch")
        if text.startswith(" {", end):
            self._edits.append(_Edit(end, end + 2, " (__error) {__caught(__error);"))
        elif text.startswith(" (", end):
            self._next = _Bracket("", head="catch", start=start)
        return end

    def _head_closed(self, head: _Bracket, at: int) -> int:
        """Behind the parentheses of a function or of a `catch`: what follows."""
        text = self._text
        if head.head == "arrow":
            if not text.startswith(" => ", at):
                return at
            self._edits.append(_Edit(head.start, head.start + len("async ("), f"{self._short}(async("))
            self._edits.append(_Edit(at, at + len(" => "), "=>"))
            if text.startswith("{", at + 4):
                self._next = _Bracket("", behind=")")
            else:
                self._stack[-1].ternaries.append(0)
            return at + 4
        if not text.startswith(" {", at):
            raise _Unreadable
        if head.head == "catch":
            caught = text[head.at + 1 : at - 1]
            plain = caught.isidentifier() or caught.replace("$", "_").isidentifier()
            name = caught if plain else "__error"
            self._edits.append(
                _Edit(head.at + 1, at + 2, f"{name}) {{__caught({name});{'' if plain else f'let {caught} = __error;'}")
            )
            return at + 2 - 1
        if head.head == "function":
            self._edits.append(_Edit(head.start, head.start, f"{self._short}("))
            self._next = _Bracket("", behind=")")
            return at
        name = head.head
        quoted = name if name[0] == '"' else f'"{name}"'
        edit = _Edit(head.start, head.start + len(f"async {name}("), f"{name}: __task(async function(")
        self._next = _Bracket("", role="object method", behind=f", {quoted})", edits=[edit])
        return at
