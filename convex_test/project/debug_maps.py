"""Source maps for a debugger: in the code itself, with the files' places on disk and their texts."""

from __future__ import annotations

import os
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from convex_test.project.layout import Layout


def with_source_map(code: str, source_map: bytes, layout: Layout) -> str:
    """`code` with its map on the last line. Texts are those of now; packages have none."""
    mapped = orjson.loads(source_map)
    places = [Path(os.path.normpath(layout.root / name)) for name in mapped["sources"]]
    mapped["sources"] = [
        place.as_uri() if place.is_file() else name for place, name in zip(places, mapped["sources"], strict=True)
    ]
    mapped["sourcesContent"] = [
        place.read_text(encoding="utf-8", errors="replace") if _is_own(place) else None for place in places
    ]
    encoded = b64encode(orjson.dumps(mapped)).decode()
    return f"{code}\n//# sourceMappingURL=data:application/json;base64,{encoded}\n"


def _is_own(place: Path) -> bool:
    return place.is_file() and "node_modules" not in place.parts
