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


FREEZER = f"""\
    import pytest

    @pytest.mark.freeze_time("2020-01-01")
    def test_marker_and_t(t):
        assert t.query("messages:now") == {MIDNIGHT}

    @pytest.mark.freeze_time("2020-01-01")
    def test_marker_and_fixture(t, freezer):
        freezer.tick(5)
        assert t.query("messages:now") == {MIDNIGHT + 5_000}
        t.advance(seconds=5)
        assert freezer().second == 10

    def test_freezer_before_t(freezer, t):
        freezer.move_to("2020-01-01")
        assert t.query("messages:now") == {MIDNIGHT}

    def test_freezer_after_t(t, freezer):
        freezer.move_to("2040-01-01")
        first = t.query("messages:now")
        freezer.move_to("2040-01-02")
        assert t.query("messages:now") == first + 86_400_000

    @pytest.fixture
    def sent(t):
        return t.mutation("messages:send", body="x")

    def test_what_was_written_before_the_clock_was_frozen(sent, freezer, t):
        freezer.move_to("2040-01-01")
        t.mutation("messages:send", body="y")
        assert t.query("messages:list") == ["x", "y"]
    """


def test_pytest_freezer(app):
    app.write({"test_a.py": FREEZER})
    app.run("-W", "error").assert_outcomes(passed=5)


def test_pytest_freezer_with_workers(app):
    app.write({"test_a.py": FREEZER})
    app.run("-n", "2").assert_outcomes(passed=5)


def test_time_machine(app):
    app.write(
        {
            "test_a.py": f"""\
                import pytest
                import time_machine

                @time_machine.travel("2020-01-01 00:00 +0000", tick=False)
                def test_decorator(t):
                    assert t.query("messages:now") == {MIDNIGHT}

                def test_fixture(t, time_machine):
                    time_machine.move_to("2040-01-01 00:00 +0000", tick=False)
                    first = t.query("messages:now")
                    t.advance(hours=1)
                    assert t.query("messages:now") == first + 3_600_000

                @pytest.mark.time_machine("2020-01-01 00:00 +0000", tick=False)
                def test_marker(t):
                    assert t.query("messages:now") == {MIDNIGHT}
                """
        }
    )
    app.run("-W", "error").assert_outcomes(passed=3)


def test_a_class_of_unittest(app):
    app.write(
        {
            "test_a.py": f"""\
                from unittest import TestCase

                import pytest
                from freezegun import freeze_time

                @freeze_time("2020-01-01")
                class TestMessages(TestCase):
                    @pytest.fixture(autouse=True)
                    def _backend(self, t):
                        self.t = t

                    def test_now(self):
                        assert self.t.query("messages:now") == {MIDNIGHT}
                """
        }
    )
    app.run("-W", "error").assert_outcomes(passed=1)
