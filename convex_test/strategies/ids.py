"""Ids: of documents that exist, and of documents that do not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hypothesis import reject
from hypothesis import strategies as st

from convex_test.backend.ids import encode_id
from convex_test.harness.inside import deployment_of, ids_in

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hypothesis.strategies import SearchStrategy

    from convex_test.harness.t import ConvexTest
    from convex_test.strategies.catalog import Catalog, Source

# Few, so that an example with one of them is small soon.
_INTERNAL: Final = st.integers(0, 2**16 - 1)
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


@st.composite
def drawn_id(draw: Callable[[Any], Any], source: Source, table: str, exist: bool | None) -> str:
    """An id of `table`; `exist` says whether its document is to exist, None that it may."""
    catalog, t = source.look(draw)
    everything = [] if t is None else ids_in(deployment_of(t), table)
    existing = everything if exist is not False else []
    if existing and (exist or draw(st.integers(0, _SHARE_OF_EXISTING)) < _SHARE_OF_EXISTING):
        # The newest first: what is shrunk can then do without the calls that made older ones.
        chosen: str = draw(st.sampled_from(existing[::-1]))
        return chosen
    number = numbers_of(catalog, t).get(table)
    # No string is an id of a table that is not there.
    if exist or number is None:
        reject()
    made: str = draw(new_ids(number))
    while made in everything:
        made = draw(new_ids(number))
    return made


def new_ids(table_number: int) -> SearchStrategy[str]:
    """Ids that nobody has given to a document."""
    return _INTERNAL.map(lambda internal: encode_id(table_number, internal.to_bytes(16)))
