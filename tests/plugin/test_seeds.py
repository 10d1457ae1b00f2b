from __future__ import annotations

import re

import pytest

SUITE = """\
def test_one(t):
    print("ONE", t.seed, t.mutation("messages:send", body="x"))

def test_two(t):
    print("TWO", t.seed, t.mutation("messages:send", body="x"))
"""


@pytest.fixture
def ids(app):
    """Runs the suite; the lines that its tests print, by name."""
    app.write({"test_a.py": SUITE})

    def run(*args):
        # The time is a part of an id: frozen, so that the seed alone decides.
        text = app.run("-s", *args).stdout.str()
        return dict(re.findall(r"(ONE|TWO) (\d+ \w+)", text))

    return run


@pytest.fixture
def frozen(app):
    app.write(
        {
            "conftest.py": """\
                import pytest
                from freezegun import freeze_time

                @pytest.fixture(autouse=True)
                def frozen():
                    with freeze_time("2020-01-01"):
                        yield
                """
        }
    )


def test_a_seed_repeats_the_ids(ids, frozen):
    assert ids("--convex-seed=7") == ids("--convex-seed=7")


def test_another_seed_makes_other_ids(ids, frozen):
    first, second = ids("--convex-seed=7"), ids("--convex-seed=8")
    assert first["ONE"] != second["ONE"]


def test_tests_have_seeds_of_their_own(ids, frozen):
    found = ids("--convex-seed=7")
    assert found["ONE"] != found["TWO"]


def test_the_order_of_tests_does_not_matter(ids, frozen):
    assert ids("--convex-seed=7", "test_a.py::test_two", "test_a.py::test_one") == ids("--convex-seed=7")


def test_a_single_test_has_the_ids_of_the_whole_run(ids, frozen):
    assert ids("--convex-seed=7", "test_a.py::test_two")["TWO"] == ids("--convex-seed=7")["TWO"]


def test_without_a_seed_each_run_differs_and_the_header_says_how_to_repeat_it(app, ids, frozen):
    assert ids() != ids()
    result = app.run("-s")
    seed = re.search(r"--convex-seed=(\d+)", result.stdout.str())[1]
    again = dict(re.findall(r"(ONE|TWO) (\d+ \w+)", result.stdout.str()))
    assert ids(f"--convex-seed={seed}") == again


def test_workers_have_the_seed_of_the_session(app, frozen):
    app.write(
        {
            "test_a.py": """\
                def test_one(t):
                    assert False, f"ONE {t.seed}"
                """
        }
    )
    alone = re.search(r"ONE (\d+)", app.run("--convex-seed=7").stdout.str())[1]
    assert re.search(r"ONE (\d+)", app.run("--convex-seed=7", "-n", "2").stdout.str())[1] == alone


def test_the_seed_of_a_marker_wins(app):
    app.write(
        {
            "test_a.py": """\
                import pytest

                @pytest.mark.convex(seed=5)
                def test_a(t):
                    assert t.seed == 5
                """
        }
    )
    app.run("--convex-seed=7").assert_outcomes(passed=1)


SHUFFLED = """\
from convex_test import js

CALLS = "(ctx) => Promise.all([1, 2, 3, 4].map((n) => ctx.runMutation('messages:send', {body: `${n}`})))"

def test_a(t):
    t.action(js(CALLS))
    print("ORDER", "".join(t.query("messages:list")))
"""


@pytest.fixture
def orders(app):
    """The order that each seed draws."""
    app.write({"test_a.py": SHUFFLED})

    def run(*args):
        texts = [app.run("-s", f"--convex-seed={seed}", *args).stdout.str() for seed in (1, 2, 3)]
        return [re.search(r"ORDER (\d+)", text)[1] for text in texts]

    return run


def test_a_shuffled_order_is_that_of_the_seed(orders):
    first = orders("--convex-shuffle")
    assert first != ["1234"] * 3
    assert orders("--convex-shuffle") == first


def test_the_order_is_not_shuffled_unless_asked_for(orders):
    assert orders() == ["1234"] * 3


def test_the_ini_file_asks_for_a_shuffled_order(app, orders):
    app.write({"pytest.ini": "[pytest]\nconvex_shuffle = true\n"})
    found = orders()
    assert found != ["1234"] * 3
    app.write({"pytest.ini": "[pytest]\nconvex_shuffle = false\n"})
    assert orders("--convex-shuffle") == found


def test_the_marker_wins(app):
    app.write(
        {
            "test_a.py": SHUFFLED.replace("def test", "@pytest.mark.convex(shuffle=False)\ndef test").replace(
                "from", "import pytest\nfrom", 1
            )
        }
    )
    for seed in (1, 2, 3):
        assert "ORDER 1234" in app.run("-s", f"--convex-seed={seed}", "--convex-shuffle").stdout.str()


def test_the_header_says_how_to_repeat_a_shuffled_run(app, header):
    app.write({"test_a.py": SHUFFLED})
    assert header(app.run("--convex-seed=7")).endswith("--convex-seed=7")
    assert header(app.run("--convex-seed=7", "--convex-shuffle")).endswith("--convex-seed=7 --convex-shuffle")
