"""What a failing test shows, in full."""

from __future__ import annotations

import pytest

THROW = """\
convex/messages.ts:7:15: in check
   4 |
   5 | function check(body: string) {
   6 |   if (body === "") {
>  7 |     throw new ConvexError({ code: "empty" });
     |               ^
   8 |   }
   9 | }
  10 |
"""
PLAIN = """\
convex/messages.ts:36:15: in handler
  33 |   args: {},
  34 |   handler: async () => {
  35 |     console.warn("about to fail");
> 36 |     throw new Error("plain trouble");
     |               ^
  37 |   },
  38 | });
  39 |
"""
HEAD = "---------------------------------- TypeScript ----------------------------------\n"


@pytest.fixture
def shown(app, block):
    """Runs one test in an app and gives what is shown of it, without the line of the `t`."""

    def show(source, *args, title="test_a"):
        app.write({"test_a.py": source})
        text = block(app.run("--tb=short", *args), title)
        return text.replace(str(app.path), "ROOT")

    return show


def test_a_convex_error(app, block):
    app.write(
        {
            "test_a.py": """\
                from convex_test import api

                def test_a(t):
                    t.mutation(api.messages.send, body="fine")
                    t.mutation(api.messages.send, body="")
                """
        }
    )
    result = app.run()
    result.assert_outcomes(failed=1)
    assert block(result, "test_a") == (
        "\n"
        f"t = <ConvexTest of {app.path}>\n"
        "\n"
        "    def test_a(t):\n"
        '        t.mutation(api.messages.send, body="fine")\n'
        '>       t.mutation(api.messages.send, body="")\n'
        'E       convex_test.errors.ConvexError: Uncaught ConvexError: {"code":"empty"}\n'
        "E           at check (convex/messages.ts:7:15)\n"
        "E           at handler (convex/messages.ts:15:11)\n"
        "\n"
        "test_a.py:5: ConvexError\n"
        f"{HEAD}mutation messages:send\n\n{THROW}\nconsole:\n  messages:send: [LOG] 'sending' ''\n"
        "----------------------- Captured log of Convex functions -----------------------\n"
        "messages:send: [LOG] 'sending' 'fine'"
    )


def test_short_tracebacks(shown):
    assert shown('def test_a(t):\n    t.mutation("messages:send", body="")\n') == (
        "test_a.py:2: in test_a\n"
        '    t.mutation("messages:send", body="")\n'
        'E   convex_test.errors.ConvexError: Uncaught ConvexError: {"code":"empty"}\n'
        "E       at check (convex/messages.ts:7:15)\n"
        "E       at handler (convex/messages.ts:15:11)\n"
        f"{HEAD}mutation messages:send\n\n{THROW}\nconsole:\n  messages:send: [LOG] 'sending' ''"
    )


def test_native_tracebacks(shown):
    text = shown('def test_a(t):\n    t.mutation("messages:fail")\n', "--tb=native")
    assert "convex_test/" not in text
    assert text.endswith(
        '  File "ROOT/test_a.py", line 2, in test_a\n'
        '    t.mutation("messages:fail")\n'
        "convex_test.errors.FunctionError: Uncaught Error: plain trouble\n"
        "    at handler (convex/messages.ts:36:15)\n"
        f"{HEAD}mutation messages:fail\n\n{PLAIN}\nconsole:\n  messages:fail: [WARN] 'about to fail'"
    )


def test_an_error_that_passed_through_an_action(shown):
    assert shown('def test_a(t):\n    t.action("messages:relayFailure")\n') == (
        "convex_test.errors.FunctionError: Uncaught Error: plain trouble\n"
        "    at handler (convex/messages.ts:36:15)\n"
        "\n"
        "The above exception was the direct cause of the following exception:\n"
        "test_a.py:2: in test_a\n"
        '    t.action("messages:relayFailure")\n'
        "E   convex_test.errors.FunctionError: Uncaught Error: Uncaught Error: plain trouble\n"
        "E       at handler (convex/messages.ts:36:15)\n"
        "E   \n"
        "E       at handler (convex/messages.ts:42:64)\n"
        f"{HEAD}action messages:relayFailure → mutation messages:fail\n\n{PLAIN}\n"
        "console:\n  messages:fail: [WARN] 'about to fail'"
    )


def test_a_convex_error_that_passed_through_an_action(shown):
    text = shown('def test_a(t):\n    t.action("messages:relay", body="")\n')
    assert text.endswith(
        f"{HEAD}action messages:relay → mutation messages:send\n\n{THROW}\n"
        "console:\n  messages:send: [LOG] 'sending' ''"
    )


def test_an_error_of_a_nested_call_from_python(shown):
    text = shown('def test_a(t):\n    t.run(lambda ctx: ctx.run_mutation("messages:fail"))\n')
    assert text.endswith(
        f"{HEAD}mutation inline → mutation messages:fail\n\n{PLAIN}\nconsole:\n  messages:fail: [WARN] 'about to fail'"
    )


def test_an_error_of_the_database_is_shown_once(shown):
    text = shown('def test_a(t):\n    t.mutation("messages:send", body="x" * 2**20)\n')
    assert text.count("Value is too large (1.00 MiB > maximum size 1 MiB)") == 1


def test_arguments_that_do_not_fit(shown):
    assert shown('def test_a(t):\n    t.mutation("messages:send", body=1)\n') == (
        "test_a.py:2: in test_a\n"
        '    t.mutation("messages:send", body=1)\n'
        "E   convex_test.errors.ArgumentValidationError: ArgumentValidationError: Value does not match validator.\n"
        "E   Path: .body\n"
        "E   Value: 1.0\n"
        "E   Validator: v.string()\n"
        f"{HEAD}mutation messages:send"
    )


def test_a_name_mistyped(shown):
    text = shown('def test_a(t):\n    t.mutation("messages:sent", body="")\n')
    assert text.startswith(
        "test_a.py:2: in test_a\n"
        '    t.mutation("messages:sent", body="")\n'
        "E   convex_test.errors.FunctionNotFoundError: Could not find public function for 'messages:sent'.\n"
        "E   convex/messages.ts registers count, fail, list, loop, now, relay, relayFailure, send, variable, whoami. "
        "Did you mean send?\n"
    )


def test_a_failed_assertion_shows_the_console(shown):
    text = shown(
        'def test_a(t):\n    t.mutation("messages:send", body="x")\n    assert t.query("messages:list") == []\n'
    )
    assert text.endswith(
        "----------------------- Captured log of Convex functions -----------------------\n"
        "messages:send: [LOG] 'sending' 'x'"
    )


def test_a_passed_test_shows_nothing(app):
    app.write({"test_a.py": 'def test_a(t):\n    t.mutation("messages:send", body="x")\n'})
    assert "sending" not in app.run("-v").stdout.str()


def test_an_exception_of_a_python_handler(shown):
    assert shown(
        """\
        def handler(ctx):
            ctx.db.insert("messages", {"body": "x"})
            raise KeyError("mine")

        def test_a(t):
            t.run(handler)
        """
    ) == (
        "test_a.py:6: in test_a\n"
        "    t.run(handler)\n"
        "test_a.py:3: in handler\n"
        '    raise KeyError("mine")\n'
        "E   KeyError: 'mine'"
    )


def test_a_wrong_use_of_the_library(shown):
    assert shown('def test_a(t):\n    t.mutation("messages:send", body=2**60)\n') == (
        "test_a.py:2: in test_a\n"
        '    t.mutation("messages:send", body=2**60)\n'
        "E   convex_test.errors.UsageError: t.mutation('messages:send', …).body: 1152921504606846976 is beyond 2**53, "
        "so a JavaScript number cannot hold it exactly: pass ConvexInt64(1152921504606846976) for a bigint, or "
        "float(1152921504606846976) for the nearest number."
    )


def test_an_error_in_the_users_fixture(shown):
    source = """\
        import pytest

        @pytest.fixture
        def filled(t):
            t.mutation("messages:fail")

        def test_a(filled):
            pass
        """
    assert shown(source, title="ERROR at setup of test_a") == (
        "test_a.py:5: in filled\n"
        '    t.mutation("messages:fail")\n'
        "E   convex_test.errors.FunctionError: Uncaught Error: plain trouble\n"
        "E       at handler (convex/messages.ts:36:15)\n"
        f"{HEAD}mutation messages:fail\n\n{PLAIN}\nconsole:\n  messages:fail: [WARN] 'about to fail'"
    )


def test_an_error_that_led_to_another(shown):
    text = shown(
        """\
        def test_a(t):
            try:
                t.mutation("messages:fail")
            except Exception as error:
                raise ValueError("mine") from error
        """
    )
    assert "convex_test/" not in text
    assert PLAIN in text


def test_a_group_of_errors(shown):
    text = shown(
        """\
        def test_a(t):
            errors = []
            for _ in range(2):
                try:
                    t.mutation("messages:fail")
                except Exception as error:
                    errors.append(error)
            raise ExceptionGroup("many", errors)
        """
    )
    assert "convex_test/harness" not in text
    assert text.count(PLAIN) == 1


def test_a_falsifying_example_of_hypothesis(shown):
    text = shown(
        """\
        from hypothesis import given, settings, strategies as st

        @settings(database=None, derandomize=True)
        @given(body=st.text(max_size=3))
        def test_a(convex_project, body):
            with convex_project.test(seed=1) as t:
                t.mutation("messages:send", body=body)
        """
    )
    assert "Failing test case: test_a(" in text
    assert THROW in text


def test_long_lines_are_cut(app, block):
    app.make_project(
        "long",
        {
            "convex/a.ts": 'import { query } from "./_generated/server";\n'
            f"export const one = query(async () => {{ throw new Error('x'); /* {'y' * 300} */ }});\n"
        },
    )
    app.write({"long/test_a.py": 'def test_a(t):\n    t.query("a:one")\n'})
    lines = block(app.run("long"), "test_a").splitlines()
    shown = next(line for line in lines if line.startswith("> 2 | "))
    assert len(shown) == len("> 2 | ") + 160
    assert shown.endswith("y…")


def test_a_summary_line_names_the_error(app):
    app.write({"test_a.py": 'def test_a(t):\n    t.mutation("messages:fail")\n'})
    lines = app.run().outlines
    assert any(line.startswith("FAILED test_a.py::test_a - convex_test.errors.FunctionError: Unc") for line in lines)
