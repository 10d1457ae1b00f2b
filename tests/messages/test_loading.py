from __future__ import annotations

import pytest

from convex_test import FunctionNotFoundError, ProjectError, module
from convex_test.functions import loading

SERVER = 'import { query } from "./_generated/server";\n'
FUNCTION = "export const one = query(async () => 1);\n"

FILES = {
    "convex/throws.ts": f"""\
{SERVER}
const key = process.env.API_KEY;
if (key === undefined) throw new Error("API_KEY is not set");
{FUNCTION}""",
    "convex/importer.ts": f'{SERVER}import {{ client }} from "./client";\nexport const c = client;\n{FUNCTION}',
    "convex/client.ts": """\
        function make(): string {
          throw new TypeError("no client");
        }
        export const client = make();
        """,
    "convex/throwsText.ts": f'{SERVER}throw "some text";\n{FUNCTION}',
    "convex/loops.ts": f"{SERVER}while (true);\n{FUNCTION}",
    "convex/catastrophe.ts": f'{SERVER}export const r = /^(a+)+$/.test("a".repeat(40) + "b");\n{FUNCTION}',
    "convex/fills.ts": f"{SERVER}const all = [];\nfor (;;) all.push({{ a: [1, 2, 3] }});\n{FUNCTION}",
    "convex/fillsFast.ts": f"{SERVER}const all = [];\nfor (;;) all.push(new Uint8Array(10_000_000));\n{FUNCTION}",
    "convex/recurses.ts": f"{SERVER}const f = (): number => f() + 1;\nf();\n{FUNCTION}",
    "convex/timer.ts": f"{SERVER}setTimeout(() => {{}}, 1);\n{FUNCTION}",
    "convex/left.ts": f'{SERVER}import {{ right }} from "./right";\nexport const left = 1;\n'
    "export const one = query(async () => right());\n",
    "convex/right.ts": 'import { left } from "./left";\nexport const right = () => left + 1;\n',
    "convex/early.ts": f'{SERVER}import {{ Base }} from "./late";\nexport class Early extends Base {{}}\n{FUNCTION}',
    "convex/late.ts": 'import { Early } from "./early";\nexport class Base {}\nexport const early = new Early();\n',
    "convex/notHandler.ts": f"{SERVER}export const one = query({{ args: {{}}, handler: undefined as any }});\n",
    "convex/notValidator.ts": f"{SERVER}export const one = query({{ args: {{ n: 5 as any }}, handler: () => 1 }});\n",
    "convex/plain.ts": f"{SERVER}export const one = async () => 1;\nexport const two = query(async () => 2);\n",
    "convex/empty.ts": "export const one = 1;\n",
}


@pytest.fixture(autouse=True)
def short_limit(monkeypatch):
    monkeypatch.setattr(loading, "LOAD_TIMEOUT", 5.0)


def note(file):
    return [f"{file} throws while it loads, so no function in it can run; in production the push would fail."]


def test_a_module_that_throws(t, failure):
    error = failure(ProjectError, t.query, "throws:one")
    assert str(error) == (
        "Failed to analyze throws.js: Uncaught Error: API_KEY is not set\n"
        "    at convex/throws.ts (convex/throws.ts:4:34)"
    )
    assert error.__notes__ == note("convex/throws.ts")


def test_it_loads_once_the_reason_is_gone(project, failure):
    with project.test() as t:
        failure(ProjectError, t.query, "throws:one")
        t.env["API_KEY"] = "x"
        assert t.query("throws:one") == 1


def test_a_module_whose_import_throws(t, failure):
    error = failure(ProjectError, t.query, "importer:one")
    assert str(error) == (
        "Failed to analyze importer.js: Uncaught TypeError: no client\n"
        "    at make (convex/client.ts:2:13)\n"
        "    at convex/client.ts (convex/client.ts:4:23)\n"
        "    at convex/importer.ts (convex/importer.ts:2:1)"
    )
    assert error.__notes__ == note("convex/importer.ts")


def test_a_module_that_throws_a_text(t, failure):
    error = failure(ProjectError, t.query, "throwsText:one")
    assert str(error) == "Failed to analyze throwsText.js: Uncaught some text\n    at convex/throwsText.ts"


def test_a_module_that_throws_fails_every_time(t, failure):
    first = failure(ProjectError, t.query, "throws:one")
    assert str(failure(ProjectError, t.query, "throws:one")) == str(first)


def test_a_helper_of_a_module_that_throws(t, failure):
    error = failure(ProjectError, t.query, module("throws").helper)
    assert str(error).startswith("Failed to analyze throws.js: Uncaught Error: API_KEY is not set\n")


def test_recursion_without_end_at_load(t, failure):
    error = failure(ProjectError, t.query, "recurses:one")
    assert str(error).startswith(
        "Failed to analyze recurses.js: Uncaught RangeError: Maximum call stack size exceeded\n"
        "    at f (convex/recurses.ts:2:"
    )


@pytest.mark.parametrize("name", ["loops", "catastrophe"])
def test_a_module_that_does_not_come_to_an_end(t, failure, monkeypatch, name):
    monkeypatch.setattr(loading, "LOAD_TIMEOUT", 0.3)
    assert str(failure(ProjectError, t.query, f"{name}:one")) == (
        f"convex/{name}.ts does not come to an end while it loads: it was stopped after 0.3 s. "
        "Look for a loop at the top level of this module or of one that it imports."
    )


@pytest.mark.parametrize("name", ["fills", "fillsFast"])
def test_a_module_that_fills_the_memory(t, failure, name):
    assert str(failure(ProjectError, t.query, f"{name}:one")).startswith(
        f"convex/{name}.ts uses up all memory while it loads."
    )


def test_timers_at_load_are_refused(t, failure):
    assert str(failure(ProjectError, t.query, "timer:one")) == (
        "Failed to analyze timer.js: Uncaught Error: setTimeout unsupported at import time\n"
        "    at convex/timer.ts (convex/timer.ts:2:1)"
    )


def test_circular_imports_that_work_in_production_work(t):
    assert t.query("left:one") == 2


def test_circular_imports_that_need_each_other_at_load(t, failure):
    error = failure(ProjectError, t.query, "early:one")
    assert str(error).split("\n")[0] == "Failed to analyze early.js: Uncaught TypeError: not a function"


def test_a_handler_that_is_no_function(t, failure):
    assert str(failure(ProjectError, t.query, "notHandler:one")) == (
        "Failed to analyze notHandler.js: Uncaught Error: notHandler.js:one.handler is not a function.\n"
        "    at convex/notHandler.ts"
    )


def test_an_argument_that_is_no_validator(t, failure):
    assert str(failure(ProjectError, t.query, "notValidator:one")) == (
        "Failed to analyze notValidator.js: Uncaught Error: v.object() entries must be validators\n"
        "    at convex/notValidator.ts"
    )


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("plain:one", "convex/plain.ts registers two."),
        ("plain:twoo", "convex/plain.ts registers two. Did you mean two?"),
        ("empty:one", "convex/empty.ts registers no functions."),
        ("plane:two", "There is no module 'plane' in convex/. Did you mean 'plain'?"),
    ],
)
def test_a_missing_function_is_told_with_what_there_is(t, failure, name, hint):
    error = failure(FunctionNotFoundError, t.query, name)
    assert str(error) == f"Could not find public function for '{name}'."
    assert error.__notes__ == [hint]


def test_a_missing_module_is_told_with_all_there_are(t, failure):
    error = failure(FunctionNotFoundError, t.query, "zzz:one")
    assert error.__notes__ == [
        "There is no module 'zzz' in convex/. It has catastrophe, client, early, empty, fills, fillsFast, importer, "
        "late, left, loops, notHandler, notValidator, plain, recurses, right, survivor, throws, throwsText, timer."
    ]
