"""Which source files coverage.py is asked to measure: `source`, `include` and `omit`, as for Python files.

Matching is coverage.py's own. A name in `source` that is no folder is a Python package, so `--cov=mypackage` measures
no TypeScript, and `--cov=convex` does.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    import coverage


@dataclass(frozen=True, slots=True)
class Selection:
    """The files to measure.

    Attributes:
        folders: absolute; None for all.
        include, omit: absolute patterns.
    """

    folders: tuple[str, ...] | None
    include: tuple[str, ...]
    omit: tuple[str, ...]

    def __contains__(self, file: Path) -> bool:
        from coverage.files import GlobMatcher, TreeMatcher, canonical_filename

        if "node_modules" in file.parts or "_generated" in file.parts:
            return False
        name = canonical_filename(str(file))
        if self.folders is not None and not TreeMatcher(self.folders, "source").match(name):
            return False
        if self.folders is None and self.include and not GlobMatcher(self.include, "include").match(name):
            return False
        return not (self.omit and GlobMatcher(self.omit, "omit").match(name))

    @property
    def key(self) -> str:
        """Equal for equal selections."""
        return repr((self.folders, self.include, self.omit))


def selection_of(running: coverage.Coverage) -> Selection:
    """What the configuration of a `Coverage` object selects."""
    from coverage.files import canonical_filename, prep_patterns

    source = _names(running.get_option("run:source"))
    folders = [canonical_filename(name) for name in source if Path(name).is_dir()]
    folders += [canonical_filename(name) for name in _names(running.get_option("run:source_dirs"))]
    restricted = bool(source or folders or _names(running.get_option("run:source_pkgs")))
    return Selection(
        folders=tuple(folders) if restricted else None,
        include=tuple(prep_patterns(_names(running.get_option("run:include")))),
        omit=tuple(prep_patterns(_names(running.get_option("run:omit")))),
    )


def _names(value: Any) -> Sequence[str]:
    return value if isinstance(value, list | tuple) else ()
