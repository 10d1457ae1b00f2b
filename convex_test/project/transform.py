"""Changing the project's own source files on their way into the bundle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path


class Transform(Protocol):
    """What is done to source files. `key` names it, because a kept bundle is not transformed again."""

    @property
    def key(self) -> str:
        """Not empty; differs when the result may."""

    def start(self) -> Transformation:
        """Begins with one build; there may be several."""


class Transformation(Protocol):
    """A transform at work on the files of one build."""

    def source(self, file: Path, text: str) -> str | None:
        """What esbuild is to read instead of `text`; None leaves the file as it is."""

    def prologue(self) -> str:
        """JavaScript without line breaks that comes before all modules. Asked for when all files are done."""

    def notes(self) -> str:
        """What is to be kept with the bundle. Asked for when all files are done."""
