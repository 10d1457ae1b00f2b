from __future__ import annotations

MIDNIGHT = 1_577_836_800_000  # 2020-01-01, in milliseconds


def test_a_frozen_clock_as_a_decorator(app):
    app.write(
        {
            "test_a.py": f"""\
                from freezegun import freeze_time

                @freeze_time("2020-01-01")
                def test_a(t):
                    assert t.query("messages:now") == {MIDNIGHT}
                    assert t.query("messages:now") == {MIDNIGHT}
                """
        }
    )
    app.run("-W", "error").assert_outcomes(passed=1)


def test_a_frozen_clock_as_a_block(app):
    app.write(
        {
            "test_a.py": """\
                from freezegun import freeze_time

                def test_a(t):
                    with freeze_time("2040-01-01") as clock:
                        first = t.query("messages:now")
                        clock.tick(2.5)
                        assert t.query("messages:now") == first + 2500
                """
        }
    )
    app.run("-W", "error").assert_outcomes(passed=1)


def test_a_frozen_clock_in_a_class_and_in_a_fixture(app):
    app.write(
        {
            "test_a.py": f"""\
                import pytest
                from freezegun import freeze_time

                @pytest.fixture
                def midnight():
                    with freeze_time("2020-01-01"):
                        yield

                def test_a(midnight, t):
                    t.mutation("messages:send", body="x")
                    assert t.query("messages:now") == {MIDNIGHT}
                """
        }
    )
    app.run("-W", "error").assert_outcomes(passed=1)


def test_time_limits_hold_under_a_frozen_clock(app):
    app.write(
        {
            "test_a.py": """\
                import pytest
                from freezegun import freeze_time
                from convex_test import FunctionTimeoutError

                @freeze_time("2020-01-01")
                @pytest.mark.convex(timeout=0.25)
                def test_a(t):
                    with pytest.raises(FunctionTimeoutError):
                        t.query("messages:loop")
                """
        }
    )
    app.run("-W", "error", "--timeout=60").assert_outcomes(passed=1)


def test_the_bundle_is_found_again_under_a_frozen_clock(app):
    app.write(
        {
            "test_a.py": """\
                from freezegun import freeze_time

                @freeze_time("1990-01-01")
                def test_a(convex_project):
                    with convex_project.test() as t:
                        assert t.query("messages:list") == []
                """
        }
    )
    app.run("-W", "error").assert_outcomes(passed=1)
    app.run("-W", "error").assert_outcomes(passed=1)


def test_the_clock_of_the_machine_without_freezegun(app):
    app.write(
        {
            "test_a.py": """\
                import time

                def test_a(t):
                    before = time.time() * 1000
                    now = t.query("messages:now")
                    assert before - 1000 <= now <= time.time() * 1000 + 1000
                """
        }
    )
    app.run().assert_outcomes(passed=1)
