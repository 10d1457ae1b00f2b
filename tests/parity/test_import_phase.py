"""What a module may do while it loads (`crates/isolate/src/environment/analyze.rs`)."""

from __future__ import annotations

import pytest

from convex_test import ProjectError, api

FUNCTION = 'import {{ query }} from "./_generated/server";\n{}\nexport const f = query(async () => 1);\n'


@pytest.fixture
def load(make_project):
    """Calls a function in a module that begins with the given statement."""

    def load(statement):
        with make_project({"convex/m.ts": FUNCTION.format(statement)}).test() as t:
            return t.query(api.m.f)

    return load


@pytest.mark.parametrize(
    "statement",
    [
        "Math.random(); Date.now(); new Date(); crypto.randomUUID();",
        "process.env.API_KEY;",
        "clearTimeout(5); clearInterval(5);",
        'console.log("loading");',
        "performance.now();",
        'new URL("https://example.com"); structuredClone({});',
        'new TextEncoder().encode("x");',
        "Promise.resolve(1).then(() => 2);",
    ],
)
def test_what_is_allowed(load, statement):
    assert load(statement) == 1


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        ('throw new Error("at the top");', "Uncaught Error: at the top"),
        ("(undefined as any).x;", "Uncaught TypeError: "),
        ("setTimeout(() => {}, 0);", "setTimeout unsupported at import time"),
        ("setInterval(() => {}, 0);", "setInterval unsupported at import time"),
        ("await Promise.resolve(1);", "Top-level awaits in source files are unsupported"),
        ('(globalThis as any).Convex.syscall("1.0/queryStream", "{}");', "1.0/queryStream unsupported at import time"),
    ],
)
def test_what_is_not_allowed(load, statement, text):
    with pytest.raises(ProjectError) as caught:
        load(statement)
    assert text in str(caught.value)
    assert "convex/m.ts" in str(caught.value)


def test_a_module_that_nobody_calls_may_throw(make_project):
    files = {"convex/m.ts": FUNCTION.format(""), "convex/broken.ts": FUNCTION.format('throw new Error("broken");')}
    with make_project(files).test() as t:
        assert t.query(api.m.f) == 1
        with pytest.raises(ProjectError, match="broken"):
            t.query(api.broken.f)


def test_a_library_that_throws_is_named_with_its_file(make_project):
    files = {
        "convex/m.ts": 'import { x } from "./lib/y";\n' + FUNCTION.format("x;"),
        "convex/lib/y.ts": 'export const x = 1;\nthrow new Error("in the library");\n',
    }
    with make_project(files).test() as t, pytest.raises(ProjectError) as caught:
        t.query(api.m.f)
    assert "in the library" in str(caught.value)
    assert "convex/lib/y.ts:2" in str(caught.value)
