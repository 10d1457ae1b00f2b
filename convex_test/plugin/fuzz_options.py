"""The options and ini values of `pytest --convex-fuzz`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pytest

SECONDS: Final = 50.0


def add_fuzz_options(parser: pytest.Parser) -> None:
    """Declares `--convex-fuzz…`."""
    group = parser.getgroup("convex", "Convex functions (convex-test)")
    group.addoption(
        "--convex-fuzz",
        nargs="?",
        const="*",
        metavar="PATTERN",
        help="instead of the tests, look for calls of public functions that break a ready-made property; of those only "
        "such as --convex-fuzz='messages:*,!messages:remove'",
    )
    group.addoption(
        "--convex-fuzz-seconds",
        type=float,
        default=SECONDS,
        metavar="N",
        help=f"how long it looks (default: {SECONDS:g})",
    )
    parser.addini(
        "convex_fuzz_anonymous",
        "patterns of functions that are meant for everybody; if given, --convex-fuzz looks for others that show data "
        "to callers who are not signed in, or let them change it",
        type="args",
        default=None,
    )
