"""`performance` (`npm-packages/udf-runtime/src/27_performance.ts`)."""

from __future__ import annotations

import pytest

from convex_test import FunctionError, js

FILES = {
    "convex/clock.ts": """
        import { query, action } from "./_generated/server";
        const atImport = performance.now();
        performance.mark("loaded");
        export const imported = query(async () => {
            const marks = performance.getEntriesByType("mark");
            return [atImport, marks.map((entry) => [entry.name, entry.startTime])];
        });
        export const marks = query(async () => {
            performance.mark("here");
            return performance.getEntries().map((entry) => entry.name);
        });
    """,
}


def run(t, body, kind="query"):
    return getattr(t, kind)(js(f"async () => {{ {body} }}"))


def failure(t, body, kind="query"):
    with pytest.raises(FunctionError) as caught:
        run(t, body, kind)
    return caught.value.text


SPIN = "for (let i = 0; i < 300000; i++);"


def test_now_stands_still_in_a_query(t):
    assert run(t, f"const a = performance.now(); {SPIN} return performance.now() - a;") == 0


@pytest.mark.parametrize("kind", ["mutation", "action"])
def test_now_goes_on_in_mutations_and_actions(t, kind):
    assert run(t, f"const a = performance.now(); {SPIN} return performance.now() > a;", kind) is True


def test_now_jumps_with_the_timers_of_an_action(t):
    body = (
        "const a = performance.now(); await new Promise((r) => setTimeout(r, 60000)); return "
        "performance.now() - a >= 60000;"
    )
    assert run(t, body, "action") is True


def test_now_comes_in_tenths_of_milliseconds(t):
    body = (
        f"const seen = []; for (let n = 0; n < 20; n++) {{ {SPIN[:-1].replace('300000', '3000')}; "
        "seen.push(performance.now()); } return seen;"
    )
    seen = run(t, body, "mutation")
    assert [round(each, 1) for each in seen] == pytest.approx(seen, abs=1e-9)


@pytest.mark.parametrize("kind", ["query", "mutation", "action"])
def test_now_counts_from_the_time_origin(t, kind):
    body = "return Math.abs(performance.timeOrigin + performance.now() - Date.now()) < 1000;"
    assert run(t, body, kind) is True


def test_now_is_nothing_while_modules_load(t):
    assert t.query("clock:imported") == [0, [["loaded", 0]]]


def test_a_function_sees_the_entries_of_its_modules_and_its_own(t):
    assert [t.query("clock:marks"), t.query("clock:marks")] == [["loaded", "here"], ["loaded", "here"]]


# User timing


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            (
                "const m = performance.mark('a', { startTime: 5, detail: { x: 1 } }); return [m.name, "
                "m.entryType, m.startTime, m.duration, m.detail];"
            ),
            ["a", "mark", 5, 0, {"x": 1}],
        ),
        (
            (
                "performance.mark('a', { startTime: 5 }); performance.mark('b', { startTime: 8 }); return "
                "performance.measure('m', 'a', 'b').duration;"
            ),
            3,
        ),
        (
            "return performance.measure('m', { start: 2, duration: 3, detail: 'd' }).toJSON();",
            {"name": "m", "entryType": "measure", "startTime": 2, "duration": 3, "detail": "d"},
        ),
        ("return performance.measure('m', { end: 5, duration: 3 }).startTime;", 2),
        ("return performance.measure('m').startTime;", 0),
        ("const m = performance.measure('m'); return m.duration === performance.now();", True),
        (
            (
                "performance.mark('a', { startTime: 1 }); performance.mark('a', { startTime: 4 }); return "
                "performance.measure('m', 'a').startTime;"
            ),
            4,
        ),
        ("performance.mark('a'); performance.measure('a'); return performance.getEntriesByName('a').length;", 2),
        (
            (
                "performance.mark('a'); performance.measure('a'); return performance.getEntriesByName('a', "
                "'mark').map((e) => e.entryType);"
            ),
            ["mark"],
        ),
        (
            (
                "performance.mark('a'); performance.mark('b'); performance.clearMarks('a'); return "
                "performance.getEntriesByType('mark').map((e) => e.name);"
            ),
            ["b"],
        ),
        (
            (
                "performance.mark('a'); performance.measure('m'); performance.clearMarks(); "
                "performance.clearMeasures(); return performance.getEntries();"
            ),
            [],
        ),
        (
            "const detail = { x: 1 }; const m = performance.mark('a', { detail }); detail.x = 2; return m.detail;",
            {"x": 1},
        ),
        (
            (
                "const m = performance.mark('a'); return [m instanceof PerformanceMark, m instanceof "
                "PerformanceEntry, performance instanceof Performance];"
            ),
            [True, True, True],
        ),
        ("return performance.mark('a').detail;", None),
        ("return new PerformanceMark('x', { startTime: 3 }).startTime;", 3),
        ("return JSON.stringify(performance) === JSON.stringify({ timeOrigin: performance.timeOrigin });", True),
        (
            (
                "performance.clearResourceTimings(); performance.setResourceTimingBufferSize(1); return "
                "performance.onresourcetimingbufferfull;"
            ),
            None,
        ),
        ("return performance instanceof EventTarget;", True),
    ],
)
def test_user_timing(t, body, expected):
    assert run(t, body) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("performance.measure('m', 'nowhere');", 'Uncaught SyntaxError: Cannot find mark: "nowhere"'),
        ("performance.measure('m', { start: -1 });", "Uncaught TypeError: Mark cannot be negative: received -1"),
        ("performance.measure('m', { start: 1 }, 'a');", 'Uncaught TypeError: Options cannot be passed with "endMark"'),
        (
            "performance.measure('m', { start: 1, end: 2, duration: 1 });",
            'Uncaught TypeError: Cannot specify "start", "end", and "duration" together in options',
        ),
        (
            "performance.mark('a', { startTime: -5 });",
            "Uncaught TypeError: Cannot construct PerformanceMark: startTime cannot be negative, received -5",
        ),
        (
            "performance.mark();",
            "Uncaught TypeError: Failed to execute 'mark' on 'Performance': 1 argument required, but only 0 present.",
        ),
        ("new Performance();", "Uncaught TypeError: Illegal constructor"),
        ("new PerformanceEntry();", "Uncaught TypeError: Illegal constructor"),
        ("new PerformanceMeasure();", "Uncaught TypeError: Illegal constructor"),
    ],
)
def test_user_timing_refuses(t, body, expected):
    assert failure(t, body) == expected


@pytest.mark.parametrize("name", ["eventCounts", "timing", "navigation"])
def test_what_performance_has_not_cannot_be_caught(t, name):
    assert failure(t, f"try {{ performance.{name}; }} catch {{ return 'caught'; }}") == (
        f"Not implemented: get {name} for Performance. "
        "Consider calling an action defined in Node.js instead (https://docs.convex.dev/functions/actions)."
    )
