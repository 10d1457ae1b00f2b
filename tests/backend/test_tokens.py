from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convex_test.backend.search.alphanumeric import alphanumeric_run
from convex_test.backend.search.tokens import tokenize

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "tokens.json").read_text())


@pytest.mark.parametrize("text, tokens", VECTORS["cases"])
def test_cuts_texts_as_the_backend_does(text, tokens):
    assert tokenize(text) == tokens


def test_knows_as_many_alphanumeric_characters_as_rust():
    everything = "".join(map(chr, (*range(0xD800), *range(0xE000, 0x110000))))
    assert sum(map(len, alphanumeric_run().findall(everything))) == VECTORS["alphanumeric_characters"]


@given(st.text())
def test_python_and_rust_agree_on_what_python_calls_alphanumeric(text):
    assert all(alphanumeric_run().fullmatch(character) for character in text if character.isalnum())


@given(st.text(st.characters(codec="ascii")))
def test_ascii_takes_no_other_way_than_other_text(text):
    # The last word is not ASCII, so the text as a whole takes the general way.
    assert tokenize(f"{text} é") == [*tokenize(text), "é"]


@given(st.text())
def test_terms_are_made_of_alphanumeric_characters_that_are_lower_already(text):
    for token in tokenize(text):
        # The capital dotted I becomes two characters, the second of which is a mark.
        assert all(tokenize(character) == [character] for character in token if character != "\u0307")


@given(
    st.lists(st.text(st.sampled_from("abcXYZ019"), min_size=1, max_size=31)),
    st.sampled_from([" ", "_", "-", "\n", "…"]),
)
def test_any_other_character_separates_words(words, separator):
    assert tokenize(separator.join(words)) == [word.lower() for word in words]


@pytest.mark.parametrize("word, is_kept", [("a" * 31, True), ("a" * 32, False), ("é" * 15, True), ("é" * 16, False)])
def test_words_of_32_bytes_are_left_out(word, is_kept):
    assert tokenize(f"x {word} y") == (["x", word, "y"] if is_kept else ["x", "y"])


def test_the_size_of_a_word_is_that_before_lowering():
    word = "İ" * 15
    assert len(word.encode()) == 30
    assert [len(token.encode()) for token in tokenize(word)] == [45]
