"""Writing down what was done with a `t` as a Python program that does it again.

Ids differ from run to run, so the program gives them names: what a call returned is `channels_1`, and a document whose
id was never returned is found by its place in its table.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from convex_test.backend.ids import InvalidIdError, decode_id
from convex_test.harness.inside import ids_in

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from convex_test.functions.deployment import Deployment

ID_LENGTHS: Final = range(31, 38)
INDENT: Final = "    "
NAMES_TO_IMPORT: Final = (
    "ConvexInt64",
    "FunctionError",
    "api",
    "components",
    "internal",
    "js",
    "load_project",
    "module",
    "undefined",
)
MAXIMUM_COMMENT: Final = 100


@dataclass(slots=True)
class Line:
    """A line of the program.

    Attributes:
        text: what it does.
        error: what it failed with.
        name: the variable for what it returned.
    """

    text: str
    error: BaseException | None = None
    name: str = ""

    def render(self, failure: BaseException | None) -> list[str]:
        """As Python; `failure` is what the program ends with, if a call does."""
        if self.error is None:
            return [f"{self.name} = {self.text}" if self.name else self.text]
        first = str(self.error).split("\n", maxsplit=1)[0]
        comment = f"  # {type(self.error).__name__}: {first[:MAXIMUM_COMMENT]}"
        if self.error is failure:
            return [f"{self.text}{comment}"]
        return ["with suppress(FunctionError):", f"{INDENT}{self.text}{comment}"]


class Script:
    """The calls of one example."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self._names: dict[str, str] = {}
        self._counts: Counter[str] = Counter()
        self._declarations: dict[str, str] = {}

    def declare(self, name: str, text: str) -> None:
        """What a variable is, for when it is first used."""
        self._declarations[name] = text

    def use(self, name: str) -> str:
        """A variable's name, after the line that makes it."""
        text = self._declarations.pop(name, None)
        if text is not None:
            self.lines.append(Line(text, name=name))
        return name

    def expression(self, deployment: Deployment, value: Any) -> str:
        """A value as Python; ids of documents by the names of variables, for which there are lines then."""
        match value:
            case str():
                return self._id(deployment, value) or repr(value)
            case float() if not math.isfinite(value):
                return f'float("{value}")'
            case list() | tuple():
                return f"[{', '.join(self.expression(deployment, item) for item in value)}]"
            case dict():
                items = [
                    f"{self.expression(deployment, key)}: {self.expression(deployment, value[key])}" for key in value
                ]
                return f"{{{', '.join(items)}}}"
        return repr(value)

    def append(self, text: str, deployment: Deployment, result: Any = None, error: BaseException | None = None) -> None:
        """Adds a call that has ended."""
        name = ""
        if isinstance(result, str) and result not in self._names and (table := table_of(deployment, result)):
            name = self._named(table, result)
        self.lines.append(Line(text, error, name))

    def render(self, failure: BaseException | None = None) -> str:
        """The lines."""
        return "\n".join(part for line in self.lines for part in line.render(failure))

    def program(
        self,
        root: Path,
        setup: list[str],
        options: Mapping[str, Any],
        failure: BaseException | None,
        end: str = "",
    ) -> str:
        """The lines in a program that makes its own `t`, with the keyword arguments `options` of `project.test()`."""
        self._declarations.pop("t", None)
        body = [*setup, *self.render(failure).split("\n"), end]
        inside = "\n".join(f"{INDENT}{line}" for line in body if line) or f"{INDENT}pass"
        given = ", ".join(f"{name}={value!r}" for name, value in options.items())
        text = f"with load_project({str(root)!r}).test({given}) as t:\n{inside}"
        names = [name for name in NAMES_TO_IMPORT if re.search(rf"\b{name}\b", text)]
        imports = f"from convex_test import {', '.join(names)}"
        if "suppress(" in text:
            imports = f"from contextlib import suppress\n\n{imports}"
        return f"{imports}\n\n{text}"

    def _id(self, deployment: Deployment, text: str) -> str | None:
        if text in self._names or len(text) not in ID_LENGTHS:
            return self._names.get(text)
        table = table_of(deployment, text)
        documents = [] if table is None else ids_in(deployment, table)
        if table is None or text not in documents:
            return None
        door = "ctx.db.system" if table.startswith("_") else "ctx.db"
        found = f'{self.use("t")}.run(lambda ctx: {door}.query("{table}").collect())[{documents.index(text)}]["_id"]'
        name = self._named(table, text)
        self.lines.append(Line(found, name=name))
        return name

    def new_name(self, stem: str) -> str:
        """A variable that is not in use."""
        self._counts[stem] += 1
        return f"{stem}_{self._counts[stem]}"

    def _named(self, table: str, text: str) -> str:
        name = self._names[text] = self.new_name(table.strip("_"))
        return name


def table_of(deployment: Deployment, text: str) -> str | None:
    """The table of an id; None for other strings."""
    if len(text) not in ID_LENGTHS:
        return None
    try:
        return deployment.store.namespace("").name_of(decode_id(text).table_number)
    except InvalidIdError:
        return None
