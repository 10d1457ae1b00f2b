"""A program with counters in it means what it meant, and the counters tell what ran."""

from __future__ import annotations

import json

import pytest
import quickjs
from hypothesis import given
from hypothesis import strategies as st

from convex_test.coverage.edits import apply_edits
from convex_test.coverage.plan import HITS, VALUE
from convex_test.coverage.syntax import parse
from convex_test.coverage.walk import plan_of

PRELUDE = """\
const log = [];
const note = (value) => (log.push(value === undefined ? "undefined" : value), value);
const attempt = (f) => { try { return f(); } catch (error) { return `${error.name}: ${error.message}`; } };
const counted = { get count() { return note("got count"), 7; }, m(...args) { return [this === counted, ...args]; } };
"""


def run(program, *, counting):
    """The JSON of what `main()` returned and logged, and the numbers of the counters that were set."""
    source = program.encode()
    plan = plan_of(parse(source, ".js"))
    text = apply_edits(source, plan.edits, 0, "program.js") if counting else program
    context = quickjs.Context()
    context.eval(f"var {HITS} = new Uint8Array({len(plan.counters)}), {VALUE};")
    result = context.eval(
        f"(() => {{ {PRELUDE}\n{text}\nreturn JSON.stringify([attempt(main) ?? null, log]); }})()",
    )
    hits = json.loads(context.eval(f"JSON.stringify([...{HITS}.keys()].filter((at) => {HITS}[at]))"))
    return json.loads(result), plan, hits


def events(plan, hits):
    """Lines and labels that the counters tell."""
    named = {(arm.line, arm.target): arm.label.split(" at ")[0] for arm in plan.arms}
    told = plan.events()
    found = [event for number in hits for event in told[number]]
    lines = sorted({event for event in found if isinstance(event, int) and event > 0})
    return lines, sorted(f"{event[0]} {named[event]}" for event in set(found) if isinstance(event, tuple))


PROGRAMS = {
    "names of functions": """
        const arrow = () => 1; let later; later ??= () => 1;
        const { a = () => 1, b = class {} } = {}; const object = { c: () => 1, ["d" + 1]: () => 1 };
        class Own { e = () => 1; static f = function () {}; g() {} }
        const main = (h = () => 1) => [arrow, later, a, b, object.c, object.d1, new Own().e, Own.f, Own, h]
          .map((each) => each.name);""",
    "the receiver of a call": """
        const main = () => [counted.m?.(1), counted?.m(2), counted?.["m"]?.(3), (counted?.m)(4),
          counted?.m?.(...[5, 6]),
          (0, counted.m) === counted.m, counted.x?.(note("never")), counted?.x?.y(note("never"))];""",
    "what is evaluated once": """
        let turns = 0; const turn = () => (turns += 1, counted);
        const main = () => [turn()?.count, turn().count ?? 1, turn().count || 1, turn() && 2, turns];""",
    "chains that stop early": """
        const none = null;
        const main = () => [none?.a.b.c(note(1)), none?.[note(2)], none?.(note(3)), attempt(() => none?.a.b + none.c),
          attempt(() => counted?.x.y), counted?.x?.y.z];""",
    "delete": "const o = { a: { b: 1 } }; const main = () => [delete o?.a.b, delete o.x?.y, o];",
    "logical assignment": """
        let a, b = 0, c = 1, o = { p: null };
        const main = () => [a ??= 1, b ||= 2, c &&= 3, o.p ??= 4, o.p ||= 5, a ??= note(6), a, b, c, o];""",
    "a constant is not assigned": "const a = 1; const main = () => [a ??= 2, attempt(() => { a &&= 2; })];",
    "statements without semicolons": """
        let x = 0
        const f = () => x += 1
        f()
        ++x
        ;[1, 2].forEach(f)
        if (x) f()
        else x = 0
        do f()
        while (x < 5)
        label: while (true) { x++
          if (x > 10) break label }
        const main = () => x""",
    "a dangling else": "const main = (a = 1, b = 0) => { if (a) if (b) return 1; else return 2; return 3; };",
    "switch": """
        const f = (x) => { switch (x) { case 1: note(1); case note(2): return "two"; case 3: note(3) } return "end" };
        const g = (x) => { for (;;) {
          switch (x) { case 1: x = 2; continue; default: return note("d"); case 9: } return x } };
        const main = () => [f(1), f(2), f(3), f(4), g(1), g(9)];""",
    "directives stay first": """
        const strict = function () { "use strict"; return this === undefined; };
        const main = () => { "use strict"; return strict(); };""",
    "generators and destructuring": """
        function* numbers(n = 3) { for (let i = 0; i < n; i++) {
          const got = yield i && i * 2; if (got) return got ?? 1; } }
        const { a = note("a"), b: [c = note("c")] = [], ...rest } = { d: 1 };
        const main = () => { const g = numbers();
          return [...numbers(), g.next(), g.next(1), g.next(5), a ?? 0, c ?? 0, rest]; };""",
    "classes": """
        class Base { constructor(x) { this.x = x ?? 1; } }
        class Derived extends (counted ? Base : Object) { y = this.x + 1; static z = note("z");
          static { note("block"); }
          #p = 3; constructor(x = 5) { note("before"); super(x); if (x) return; } get p() { return this?.#p; } }
        const main = () => [new Derived(), new Derived().p, new Derived(undefined).y];""",
    "labels and finally": """
        const f = () => { outer: for (const a of [1, 2]) { for (const b of [1, 2]) { if (b === 2) continue outer;
          try { note(b); continue; } finally { note("f"); } } } return "end"; };
        const main = () => f();""",
    "sequences and conditions": "const main = () => (note(1), note(0) ? note(2) : note(3), note(null) ?? (note(4)));",
    "hoisted functions": "const main = () => later(1); function later(x) { return f(); function f() { return x; } }",
    "no body": "const main = () => { for (const x of [1]); if (note(1)); while (note(0)); if (0) {} else; return 1; };",
    "errors": """
        const main = () => [attempt(() => { throw new TypeError("x"); }), attempt(() => undefined_name ?? 1),
          attempt(() => null.x && 1), attempt(() => { const { a } = null; })];""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_means_the_same_with_counters(name):
    plain, _, _ = run(PROGRAMS[name], counting=False)
    counted, _, hits = run(PROGRAMS[name], counting=True)

    assert counted == plain
    assert hits


VALUES = st.sampled_from(["null", "undefined", "0", "1", '""', '"a"', "false", "counted", "({})", "[]"])


def extended(inner):
    operators = st.sampled_from(["&&", "||", "==", "+", ","])
    return st.one_of(
        st.builds("({} {} {})".format, inner, operators, inner),
        st.builds("(({}) ?? ({}))".format, inner, inner),
        st.builds("({} ? {} : {})".format, inner, inner, inner),
        st.builds("note({})".format, inner),
        st.builds("({})?.x".format, inner),
        st.builds("({})?.[{}]?.y".format, inner, inner),
        st.builds("({})?.m?.({})".format, inner, inner),
        st.builds("counted.m?.({})".format, inner),
        st.builds("((p = {}) => p)({})".format, inner, inner),
        st.builds("(([a = {}, {{ b = {} }} = {{}}]) => [a, b])([{}])".format, inner, inner, inner),
        st.builds("attempt(() => {{ if ({}) return {}; else {}; }})".format, inner, inner, inner),
        st.builds("attempt(() => {{ if ({}) {} \n return {} }})".format, inner, inner, inner),
        st.builds("attempt(() => {{ for (const x of [{}]) if (x) break; return {}; }})".format, inner, inner),
        st.builds(
            "attempt(() => {{ switch ({}) {{ case {}: note(1); case {}: return 2; }} return {}; }})".format,
            *[inner] * 4,
        ),
        st.builds("(v = {}, v ??= {}, v ||= {}, v &&= {}, v)".format, *[inner] * 4),
    )


@given(st.recursive(VALUES, extended, max_leaves=12))
def test_any_expression_means_the_same_with_counters(expression):
    program = f"let v;\nconst main = () => {expression};"

    assert run(program, counting=True)[0] == run(program, counting=False)[0]


def ran(program):
    _, plan, hits = run(program, counting=True)
    return events(plan, hits)


def test_a_line_after_a_throw_did_not_run():
    assert ran("const main = () => {\n  note(1);\n  throw 1;\n  note(2);\n};")[0] == [1, 2, 3]


def test_a_way_that_was_not_taken_is_missing():
    program = """\
const f = (a, b) => a && b;
const g = (a, b = 1) => a ?? b;
const h = (a) => a?.b;
const main = () => [f(1, 2), g(1, 2), h(null)];"""
    assert ran(program)[1] == [
        "1 && right",
        "1 function called",
        "2 ?? left",
        "2 function called",
        "3 ?. left",
        "3 function called",
        "4 function called",
        "4 pass by",
    ]


def test_a_link_of_a_chain_that_was_not_reached_counts_nothing():
    program = "const main = () => {\n  const none = null;\n  return none?.a.b?.c;\n};"

    assert [each for each in ran(program)[1] if each.startswith("3")] == ["3 ?. left"]


def test_a_loop_that_is_left_by_return_was_not_left_in_order():
    program = "const f = (xs) => {\n  for (const x of xs) return x;\n  return 0;\n};\nconst main = () => f([1]);"

    assert ran(program)[1] == ["2 loop entered", "5 function called", "5 pass by"]


def test_falling_through_reaches_the_next_case_and_no_match_counts_too():
    program = """\
const f = (x) => {
  switch (x) {
    case 1:
    case 2:
      return "low";
    case 3:
      return "three";
  }
  return "none";
};
const main = () => [f(1), f(9)];"""
    lines, ways = ran(program)

    assert lines == [1, 2, 5, 9, 11]
    assert [way for way in ways if way.startswith("2")] == ["2 case 1", "2 case 2", "2 no case"]
