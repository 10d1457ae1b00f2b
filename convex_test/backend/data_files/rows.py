"""What readers of data files hand on to the import: tables, their rows, and what is wrong with them.

Texts of problems are the backend's, `crates/application/src/snapshot_import/import_error.rs`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from convex_test.errors import UsageError
from convex_test.values.invalid import InvalidValueError
from convex_test.values.names import check_identifier
from convex_test.values.render import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HEADING: Final = "Hit an error while importing:\n"

_LONGEST_SHOWN: Final = 200


class ImportProblem(Exception):
    """Something is wrong with the data. Becomes an error once it is known which file and table it is about.

    Attributes:
        text: the backend's words.
        shown: the value that is wrong, or "".
        remedy: what to do about it, a sentence, or "".
        row: the number of the row if the text is about one that could not be read.
    """

    def __init__(self, text: str, *, shown: object = None, remedy: str = "", row: int | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.shown = "" if shown is None else shorten(shown)
        self.remedy = remedy
        self.row = row


@dataclass(slots=True)
class TableRows:
    """The rows of one table in one file.

    Attributes:
        component: the path of the component, such as "parent/child"; "" is the app.
        table: the table's name.
        rows: canonical values, mostly objects. Iterating raises `ImportProblem` where there is none.
        origin: the file, as errors name it.
        unit: what a row is called there: "line", "row" or "document".
        counted_from: what to add to a row's number to get that of the unit.
    """

    component: str
    table: str
    rows: Iterator[Any]
    origin: str
    unit: str = "line"
    counted_from: int = 0

    def first(self) -> Any:
        """The first row, which stays there; None when there is none, or it cannot be read."""
        try:
            found = next(self.rows)
        except StopIteration:
            return None
        except ImportProblem as problem:
            self.rows = _failing(problem)
            return None
        self.rows = chain([found], self.rows)
        return found

    def place(self, row: int | None) -> str:
        """Where a row is: `messages.jsonl, line 3 (table "messages")`."""
        number = "" if row is None else f", {self.unit} {row + self.counted_from}"
        return f'{self.origin}{number} (table "{self.table}"{in_component(self.component)})'


@dataclass(frozen=True, slots=True)
class StoredContent:
    """A stored file in an archive; `name` is that of the entry, `read` gives the bytes."""

    component: str
    id: str
    name: str
    read: Callable[[], bytes]


@dataclass(slots=True)
class DataFile:
    """All that is to be imported at once.

    Attributes:
        tables: the tables that have rows, each of them maybe more than once.
        numbers: the table numbers that the file asks for, by component and table.
        files: the contents of stored files; what is said about them is in the rows of `_storage`.
    """

    tables: list[TableRows]
    numbers: dict[tuple[str, str], int] = field(default_factory=dict)
    files: list[StoredContent] = field(default_factory=list)


def _failing(problem: ImportProblem) -> Iterator[Any]:
    raise problem
    yield  # a generator, so that the problem comes up where the rows are read


def shorten(value: object) -> str:
    """A value for an error text, cut after 200 characters."""
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 3]}..."


def in_component(component: str) -> str:
    """As the backend says it, `ComponentPath::in_component_str`."""
    return f" in '{component}'" if component else ""


def failure_text(problem: ImportProblem, place: str) -> str:
    """The backend's text, then the place, the value, and what to do."""
    shown = f": {problem.shown}" if problem.shown else ""
    remedy = f" {problem.remedy}" if problem.remedy else ""
    return f"{HEADING}{problem.text}\n    at {place}{shown}\nNothing was imported.{remedy}"


def usage_error(problem: ImportProblem, place: str) -> UsageError:
    return UsageError(failure_text(problem, place))


def check_table_name(name: str) -> None:
    """Raise `ImportProblem` unless `name` may name a user's table."""
    remedy = "Name the table with `table=`."
    try:
        check_identifier(name)
    except InvalidValueError as error:
        raise ImportProblem(f"{quote(name)} isn't a valid table name: {error}", remedy=remedy) from None
    if name.startswith("_"):
        raise ImportProblem(f"Invalid table name {name} starts with metadata prefix '_'", remedy=remedy)
