from __future__ import annotations

import json
import math
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convex_test.backend.search.float32 import log_single, to_single, total_order
from convex_test.backend.search.ranking import LENGTHS, Ranking, length_code, pack_posting

VECTORS = Path(__file__).parents[1] / "vectors"
SCORES = json.loads((VECTORS / "search_scores.json").read_text())["cases"]

singles = st.floats(width=32, allow_nan=False)


def test_lengths_are_those_of_the_backends_table():
    assert list(LENGTHS) == json.loads((VECTORS / "search_lengths.json").read_text())["lengths"]


@pytest.mark.parametrize(
    "tokens, known", [(0, 0), (1, 1), (40, 40), (41, 40), (42, 42), (43, 42), (63, 60), (250_000, 245_784)]
)
def test_lengths_are_rounded_down_to_known_ones(tokens, known):
    assert LENGTHS[length_code(tokens)] == known


@given(st.integers(0, 2**32))
def test_a_length_is_never_rounded_up_and_never_further_down_than_needed(tokens):
    assert LENGTHS[length_code(tokens)] == max(length for length in LENGTHS if length <= tokens)


@pytest.mark.parametrize("documents, tokens, frequency, boost, count, length, score", SCORES)
def test_scores_are_those_of_rust_to_the_last_bit(documents, tokens, frequency, boost, count, length, score):
    scores = Ranking(documents, tokens).term(frequency, boost)
    assert scores[pack_posting(count, length_code(length))] == score


@given(
    documents=st.integers(1, 100_000),
    share=st.floats(0, 1),
    average=st.integers(1, 500),
    count=st.integers(1, 50),
    length=st.integers(1, 40),
)
def test_scores_follow_the_formula(documents, share, average, count, length):
    frequency = max(1, int(documents * share))
    score = Ranking(documents, documents * average).term(frequency, 1.0)[pack_posting(count, length_code(length))]
    rarity = math.log(1 + (documents - frequency + 0.5) / (frequency + 0.5))
    dampened = count / (count + 1.2 * (0.25 + 0.75 * length / average))
    # In single precision the sum inside the logarithm is exact to 6e-8 only.
    assert math.isclose(score, rarity * 2.2 * dampened, rel_tol=1e-5, abs_tol=3e-7)


def test_a_boost_multiplies_the_score():
    ranking, posting = Ranking(10, 50), pack_posting(2, 5)
    assert ranking.term(3, 0.5)[posting] == ranking.term(3, 1.0)[posting] / 2


@given(singles.filter(lambda number: number >= 2**-126))
def test_logarithms_are_within_one_step_of_the_true_ones(number):
    if math.isinf(number):
        return
    found, true = log_single(number), to_single(math.log(number))
    assert abs(total_order(found) - total_order(true)) <= 1


@pytest.mark.parametrize(
    "number, logarithm",
    [
        (1.0, 0.0),
        (2.0, 0.6931471824645996),
        (1.0285714864730835, 0.028170932084321976),
        (3.4028234663852886e38, 88.72283935546875),
    ],
)
def test_logarithms_are_those_of_rust(number, logarithm):
    assert log_single(number) == logarithm


@given(st.lists(singles))
def test_the_total_order_is_that_of_numbers(numbers):
    ordered = sorted(numbers, key=total_order)
    assert ordered == sorted(numbers)


def test_the_total_order_tells_zeros_apart_and_knows_nan():
    numbers = [math.nan, math.inf, 0.0, -0.0, -math.inf, -math.nan]
    shuffled = numbers.copy()
    random.Random(1).shuffle(shuffled)
    ordered = sorted(shuffled, key=total_order, reverse=True)
    assert [str(math.copysign(1, number) * 0 if number == 0 else number) for number in ordered[1:5]] == [
        "inf",
        "0.0",
        "-0.0",
        "-inf",
    ]
    assert [math.copysign(1, ordered[0]), math.copysign(1, ordered[5])] == [1.0, -1.0]


def test_what_is_too_large_for_a_single_is_infinite():
    assert to_single(1e39) == math.inf
