"""The order of the rooms: imports point downwards only, siblings do not know each other, and nothing goes round."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "convex_test"

LAYERS = {
    "errors": 0,
    "records": 0,
    "references": 0,
    "values": 1,
    "backend": 2,
    "project": 2,
    "engine": 2,
    "syscalls": 3,
    "coverage": 3,
    "functions": 4,
    "harness": 5,
    "checks": 6,
    "strategies": 6,
    "typescript_suites": 6,
    "stateful": 7,
    "properties": 7,
    "plugin": 8,
}
"""A room may import lower layers; of its own layer only itself (layer 0 is one room of single files)."""

ONLY_IMPORTED_BY = {
    "pytest": {"plugin"},
    "_pytest": {"plugin"},
    "quickjs": {"engine"},
    "hypothesis": {"strategies", "stateful", "properties"},
    "coverage": {"coverage"},
}

LAZY_ROOMS = {
    "": "the package's door imports a name when it is first asked for",
    "plugin": "pytest imports it in every run, most of which have no Convex test",
}

LATE_IMPORTS: dict[tuple[str, str], str] = {
    # (module, what it imports of this package inside a function): why it cannot stand at the top
    ("convex_test.coverage", "convex_test.coverage.plugin"): "coverage.py itself is imported only by who measures",
    ("convex_test.harness.project", "convex_test.coverage.measurement"): "most runs measure nothing",
    ("convex_test.functions.auth_config", "convex_test.backend.auth.providers"): "most projects test without tokens",
    ("convex_test.functions.authentication", "convex_test.backend.auth.validation"): "most tests have no tokens",
    ("convex_test.functions.http_actions", "convex_test.backend.auth.deployment_tokens"): "few sign tokens",
    ("convex_test.harness.users", "convex_test.harness.tokens"): "most tests have no tokens",
    ("convex_test.syscalls.identity", "convex_test.backend.auth.deployment_tokens"): "few functions sign tokens",
    ("convex_test.typescript_suites.covering", "convex_test.coverage.measurement"): "most runs measure nothing",
}


class Import(NamedTuple):
    module: str
    target: str
    line: int
    late: bool


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


SOURCES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py")) if "node_modules" not in path.parts}


def room_of(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def imports_of(module: str) -> list[Import]:
    """Everything a module imports, by full name; for `from package import module` the module."""
    found: list[Import] = []

    def add(target: str, node: ast.stmt, *, late: bool) -> None:
        found.append(Import(module, target, node.lineno, late))

    def visit(node: ast.AST, *, late: bool) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                for alias in child.names:
                    add(alias.name, child, late=late)
            elif isinstance(child, ast.ImportFrom):
                base = child.module or ""
                for alias in child.names:
                    full = f"{base}.{alias.name}"
                    add(full if full in SOURCES else base, child, late=late)
            visit(child, late=late or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda))

    visit(ast.parse(SOURCES[module].read_text(encoding="utf-8")), late=False)
    return found


IMPORTS = [found for module in SOURCES for found in imports_of(module)]
OWN = [found for found in IMPORTS if found.target in SOURCES]


@pytest.mark.parametrize("module", sorted(SOURCES))
def test_every_module_has_its_layer(module: str) -> None:
    assert module == "convex_test" or room_of(module) in LAYERS, f"{module}: say in LAYERS where it stands"


def test_imports_point_downwards() -> None:
    def allowed(found: Import) -> bool:
        importer, imported = room_of(found.module), room_of(found.target)
        if not importer or importer == imported:
            return True
        if not imported:
            return False
        lower = LAYERS[imported] < LAYERS[importer]
        return lower or LAYERS[imported] == LAYERS[importer] == 0

    upwards = [f"{found.module}:{found.line} imports {found.target}" for found in OWN if not allowed(found)]
    assert not upwards, "\n".join(upwards)


def test_no_import_goes_round() -> None:
    graph: dict[str, set[str]] = {module: set() for module in SOURCES}
    for found in OWN:
        if found.module != found.target:
            graph[found.module].add(found.target)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]), pytrace=False)


def test_each_foreign_package_has_one_home() -> None:
    strays = [
        f"{found.module}:{found.line} imports {found.target}"
        for found in IMPORTS
        if (homes := ONLY_IMPORTED_BY.get(found.target.split(".")[0])) and room_of(found.module) not in homes
    ]
    assert not strays, "\n".join(strays)


def test_imports_of_our_own_stand_at_the_top() -> None:
    """A late import of a sibling hides a cycle. Foreign packages may come late: they cost start-up time."""
    late = {(found.module, found.target) for found in OWN if found.late and room_of(found.module) not in LAZY_ROOMS}

    assert late == set(LATE_IMPORTS)


def test_imports_are_absolute() -> None:
    relative = [
        f"{module}:{node.lineno}"
        for module, path in SOURCES.items()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert not relative, "\n".join(relative)
