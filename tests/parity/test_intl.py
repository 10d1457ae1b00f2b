"""`Intl` and the methods that lead to it: what V8 says, measured with the ICU of Convex's runtime (`scripts/intl`)."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from convex_test import FunctionError, js
from convex_test.errors import UnsupportedError

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "intl.json").read_text(encoding="utf-8"))["vectors"]
# What is refused, by the group of vectors, as its message begins.
REFUSED = {
    "date options": [r"Intl\.DateTimeFormat\.resolvedOptions of fields that English does not combine"],
    "comparisons": [r"the place of \S+ in the order of Intl\.Collator and localeCompare"],
    "segments": [r"Intl\.Segmenter for words of \S+, which need a dictionary"],
    "numbers": [
        r"Intl\.NumberFormat with compact percentages",
        r"Intl\.NumberFormat with compact notation and minimumIntegerDigits",
        r"Intl\.NumberFormat with trailingZeroDisplay and a name",
        r"Intl\.NumberFormat of \S+ in compact notation",
        r"Intl\.NumberFormat of (NaN|-?Infinity) in [A-Z]{3}",
        r"Intl\.NumberFormat\.resolvedOptions with trailingZeroDisplay, or with accounting and no sign",
        r"Intl\.NumberFormat\.formatRange with a unit, a notation or a sign",
    ],
}
REFUSED |= {group: REFUSED["numbers"] for group in VECTORS if group.startswith("number")}
EVALUATE = """async (ctx, { expressions }) => expressions.map((expression) => {
    try {
        const value = (0, eval)(expression);
        return JSON.stringify(value === undefined ? null : value);
    } catch (error) {
        return JSON.stringify({ throws: `${error.name}: ${error.message}` });
    }
})"""


@pytest.fixture(scope="module")
def project(make_project):
    return make_project({})


@pytest.fixture(scope="module")
def evaluate(project):
    """Each expression's value as JSON, or `{"throws": text}`: all at once, and those that are refused one by one."""
    with project.test(seed=1) as t:

        def all_of(expressions):
            try:
                return [json.loads(text) for text in t.query(js(EVALUATE), {"expressions": expressions})]
            except UnsupportedError as refused:
                if len(expressions) == 1:
                    return [refused]
            half = len(expressions) // 2
            return all_of(expressions[:half]) + all_of(expressions[half:])

        yield all_of


@pytest.mark.parametrize("group", VECTORS)
def test_v8_says_the_same(evaluate, group):
    found = evaluate([expression for expression, _expected in VECTORS[group]])
    wrong = []
    for (expression, expected), value in zip(VECTORS[group], found, strict=True):
        if isinstance(value, UnsupportedError):
            text = value.text.removeprefix("not supported: ")
            if not any(re.match(known, text) for known in REFUSED.get(group, ())):
                wrong.append((expression, expected, value.text))
        elif value != expected:
            wrong.append((expression, expected, value))
    assert not wrong


@pytest.fixture
def t(project):
    with project.test(seed=1) as t:
        yield t


def value(t, expression, kind="query"):
    return getattr(t, kind)(js(f"async () => ({expression})"))


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("new Intl.DateTimeFormat('de-DE').format(0)", 'Intl.DateTimeFormat for the locale "de-DE"; only "en-US" is'),
        ("new Date(0).toLocaleDateString('sv-SE')", 'Intl.DateTimeFormat for the locale "sv-SE"; only "en-US" is'),
        ("(1.5).toLocaleString('fr')", 'Intl.NumberFormat for the locale "fr"; only "en-US" is'),
        ("new Intl.PluralRules('ar').select(1)", 'Intl.PluralRules for the locale "ar"; only "en-US" is'),
        (
            "new Intl.DateTimeFormat('en-US', { calendar: 'hebrew' }).format(0)",
            'Intl.DateTimeFormat with the calendar "hebrew"; only "gregory" is',
        ),
        (
            "new Intl.DateTimeFormat('en', { timeZone: 'Asia/Tokyo' }).format(-1)",
            "the time zone Asia/Tokyo before 1970 and after 2037",
        ),
        (
            "new Intl.DateTimeFormat('en').formatRange(0, 1e12)",
            "Intl.DateTimeFormat.formatRange of two different texts",
        ),
        (
            "[...new Intl.Segmenter('ja', { granularity: 'word' }).segment('a')]",
            'Intl.Segmenter for the locale "ja"; only "en-US" is',
        ),
        ("'日本'.localeCompare('a')", 'the place of "日" in the order of Intl.Collator and localeCompare'),
        (
            "'a'.localeCompare('b', 'en', { sensitivity: 'case' })",
            'Intl.Collator with the sensitivity "case"',
        ),
        ("'i'.toLocaleUpperCase('tr')", 'String.prototype.toLocaleUpperCase for the locale "tr"'),
        ("new Intl.DurationFormat('en')", "Intl.DurationFormat"),
        ("Intl.NumberFormat.supportedLocalesOf(['de'])", 'Intl.NumberFormat.supportedLocalesOf for "de"'),
    ],
)
def test_what_is_not_here_is_refused_by_name(t, expression, text):
    with pytest.raises(UnsupportedError) as caught:
        value(t, f"(() => {{ try {{ return {expression}; }} catch {{ return 'caught'; }} }})()")
    assert caught.value.text == f"not supported: {text}"


def test_a_formatter_that_is_never_used_does_no_harm(t):
    assert value(t, "typeof new Intl.NumberFormat('de-DE', { style: 'currency', currency: 'EUR' })") == "object"


def test_a_formatter_without_a_date_takes_the_clock(t):
    format_both = "[f.format(), f.format(new Date())]"
    one, other = value(t, f"((f) => {format_both})(new Intl.DateTimeFormat('en-US', {{ timeStyle: 'long' }}))")
    assert one == other != "12:00:00 AM UTC"


def test_the_time_zone_is_utc(t):
    assert value(t, "Intl.DateTimeFormat().resolvedOptions().timeZone") == "UTC"


def test_a_format_function_can_be_handed_on(t):
    assert value(t, "[1, 2.5].map(new Intl.NumberFormat('en-US', { minimumFractionDigits: 2 }).format)") == [
        "1.00",
        "2.50",
    ]


def test_a_formatter_is_an_instance_of_its_constructor(t):
    assert value(t, "Intl.NumberFormat('en') instanceof Intl.NumberFormat") is True


def test_most_constructors_need_new(t):
    with pytest.raises(FunctionError, match=r"TypeError: Constructor Intl\.ListFormat requires 'new'"):
        value(t, "Intl.ListFormat('en')")


def test_a_changed_intl_is_not_seen_by_the_next_test(project):
    for _ in range(2):
        with project.test(seed=1) as t:
            assert value(t, "Intl.mine") is None
            value(t, "(Intl.mine = 1)")
