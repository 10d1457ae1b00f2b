"""The lines of an app are those of Vitest's Istanbul coverage for the same calls, but for a few kinds of statements.

`team_chat/` is the example as it was when Istanbul measured it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "coverage.json").read_text(encoding="utf-8"))
PROGRAM = """\
    import json
    import sys

    from convex_test import FunctionError, load_project


    def filled(value, kept):
        if isinstance(value, dict):
            return {key: filled(each, kept) for key, each in value.items()}
        return kept[value[1:]] if isinstance(value, str) and value.startswith("$") else value


    with load_project(".").test() as t:
        kept = {}
        for user, kind, name, arguments, keep in json.load(open("calls.json", encoding="utf-8")):
            caller = t.with_identity(name=user) if user else t
            try:
                result = getattr(caller, kind)(name, filled(arguments, kept))
            except FunctionError:
                assert keep == "error", (name, arguments)
            else:
                assert keep != "error", (name, arguments)
                kept[keep] = result
"""
ONLY_HERE = {
    "convex/crons.ts": {12: "`export default crons` is executed, which Istanbul does not count"},
    "convex/schema.ts": {22: "`export default defineSchema(…)`, the same"},
    "convex/messages.ts": {232: "a declaration over several lines counts where it begins, as in coverage.py"},
}
ONLY_IN_ISTANBUL = {
    "convex/messages.ts": {236: "Istanbul counts the declaration of line 232 where its value begins"},
}


@pytest.fixture(scope="module")
def measured(example_app, tmp_path_factory):
    """The lines of each file under our own measuring."""
    folder = tmp_path_factory.mktemp("istanbul")
    shutil.copytree(Path(__file__).parent / "team_chat" / "convex", folder / "convex")
    (folder / "node_modules").symlink_to(example_app / "node_modules", target_is_directory=True)
    (folder / "calls.json").write_text(json.dumps(VECTORS["calls"]), encoding="utf-8")
    (folder / "program.py").write_text(dedent(PROGRAM), encoding="utf-8")
    (folder / ".coveragerc").write_text("[run]\nplugins = convex_test.coverage\n")
    for arguments in (["run", "program.py"], ["json", "-q"]):
        ran = subprocess.run(
            [sys.executable, "-m", "coverage", *arguments], cwd=folder, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
    files = json.loads((folder / "coverage.json").read_text(encoding="utf-8"))["files"]
    return {name[name.index("convex/") :]: details for name, details in files.items() if name.endswith(".ts")}


@pytest.mark.parametrize("name", VECTORS["files"])
def test_the_lines_are_those_of_istanbul(measured, name):
    expected, found = VECTORS["files"][name], measured[name]
    here, there = ONLY_HERE.get(name, {}), ONLY_IN_ISTANBUL.get(name, {})

    assert set(found["executed_lines"]) - set(here) == set(expected["covered"]) - set(there)
    assert set(found["missing_lines"]) - set(here) == set(expected["missed"]) - set(there)
    assert {*found["executed_lines"], *found["missing_lines"]} >= set(here)
    assert {*expected["covered"], *expected["missed"]} >= set(there)
