"""Ids: of documents that exist, and of documents that do not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hypothesis import reject
from hypothesis import strategies as st

from convex_test.backend.ids import encode_id
from convex_test.harness.inside import deployment_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hypothesis.strategies import SearchStrategy

    from convex_test.harness.t import ConvexTest
    from convex_test.strategies.catalog import Catalog, Source

_INTERNAL: Final = st.integers(0, 2**128 - 1)
_SHARE_OF_EXISTING: Final = 4
"""Of five ids, so many exist, when there are any."""


class KnownTables:
    """The tables as validators ask for them, without a deployment."""

    def __init__(self, numbers: Mapping[str, int]) -> None:
        self._names = {number: name for name, number in numbers.items()}

    def name_of(self, table_number: int) -> str | None:
        """See `Tables`."""
        return self._names.get(table_number)

    def is_system(self, name: str) -> bool:
        """See `Tables`."""
        return name.startswith("_")


def numbers_of(catalog: Catalog, t: ConvexTest | None) -> Mapping[str, int]:
    """The numbers of the tables there are."""
    return catalog.table_numbers if t is None else deployment_of(t).store.namespace("").table_numbers()


def existing_ids(t: ConvexTest, table: str) -> list[str]:
    """The ids of a table's documents, oldest first."""
    found = deployment_of(t).store.namespace("").table(table)
    if found is None:
        return []
    return [document.id for document in sorted(found.documents.values(), key=lambda each: each.creation_time)]


@st.composite
def drawn_id(draw: Callable[[Any], Any], source: Source, table: str, exist: bool | None) -> str:
    """An id of `table`; `exist` says whether its document is to exist, None that it may."""
    catalog, t = source.look(draw)
    existing = existing_ids(t, table) if t is not None and exist is not False else []
    if existing and (exist or draw(st.integers(0, _SHARE_OF_EXISTING)) < _SHARE_OF_EXISTING):
        chosen: str = draw(st.sampled_from(existing))
        return chosen
    number = numbers_of(catalog, t).get(table)
    # No string is an id of a table that is not there.
    if exist or number is None:
        reject()
    made: str = draw(new_ids(number))
    while t is not None and made in existing_ids(t, table):
        made = draw(new_ids(number))
    return made


def new_ids(table_number: int) -> SearchStrategy[str]:
    """Ids that nobody has given to a document, but for the chance of one in 2¹²⁸."""
    return _INTERNAL.map(lambda internal: encode_id(table_number, internal.to_bytes(16)))
