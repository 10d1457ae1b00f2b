"""What pytest shows when functions fetch what nobody answers, and when routes stay unused."""

from __future__ import annotations

import pytest

FETCHING = """\
    import { action } from "./_generated/server";

    export const get = action(async (_ctx, { url }: any) => await (await fetch(url)).text());
    export const swallow = action(async (_ctx, { url }: any) => {
      try {
        return await (await fetch(url)).text();
      } catch {
        return null;
      }
    });
    """


@pytest.fixture
def fetching(empty_app):
    """A project whose functions fetch."""
    empty_app.make_project(files={"convex/web.ts": FETCHING})
    return empty_app


def test_a_swallowed_fetch_is_an_error_at_teardown(fetching):
    fetching.write(
        {
            "test_it.py": """\
            def test_it(t):
                assert t.action("web:swallow", url="https://api.example.com/x") is None
            """
        }
    )
    result = fetching.run()

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        [
            "UsageError: Functions fetched what t.outbound has no answer for:",
            "    GET https://api.example.com/x",
            'Add t.outbound.get("https://api.example.com/x").respond(json=…). Or set '
            "t.outbound.allow_unmatched = True, and such a fetch fails in the function alone.",
        ]
    )
    result.stdout.no_fnmatch_line("*convex_test/*.py*")


def test_an_unused_route_is_an_error_at_teardown(fetching):
    fetching.write(
        {
            "test_it.py": """\
            def test_it(t):
                t.outbound.post("https://api.example.com/x").respond()
            """
        }
    )
    result = fetching.run()

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        [
            "UsageError: No function fetched what these routes of t.outbound are for:",
            "    POST https://api.example.com/x",
            "Remove them, or set t.outbound.allow_unused = True.",
        ]
    )


def test_a_test_that_fails_by_it_fails_once(fetching):
    fetching.write(
        {
            "test_it.py": """\
            def test_it(t):
                t.outbound.post("https://api.example.com/x").respond()
                t.action("web:get", url="https://api.example.com/x")
            """
        }
    )
    result = fetching.run()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*Nobody answers GET https://api.example.com/x: nothing leaves the process*"])


def test_a_test_that_fails_otherwise_fails_once(fetching):
    fetching.write(
        {
            "test_it.py": """\
            def test_it(t):
                t.outbound.post("https://api.example.com/x").respond()
                assert 1 == 2
            """
        }
    )

    fetching.run().assert_outcomes(failed=1)


def test_both_can_be_switched_off(fetching):
    fetching.write(
        {
            "test_it.py": """\
            def test_it(t):
                t.outbound.allow_unmatched = t.outbound.allow_unused = True
                t.outbound.post("https://api.example.com/x").respond()
                assert t.action("web:swallow", url="https://api.example.com/x") is None
            """
        }
    )

    fetching.run().assert_outcomes(passed=1)


LOCAL = """\
    import threading
    from http.server import BaseHTTPRequestHandler, HTTPServer

    import pytest


    @pytest.fixture
    def url():
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"from outside")

            def log_message(self, *args):
                pass

        server = HTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()
        server.server_close()
    """


def test_the_marker_lets_the_network_in(fetching):
    fetching.write(
        {
            "conftest.py": LOCAL,
            "test_it.py": """\
            import pytest


            @pytest.mark.convex(network=True)
            def test_it(t, url):
                assert t.action("web:get", url=url) == "from outside"


            def test_not_here(t, url):
                t.outbound.allow_unmatched = True
                assert t.action("web:swallow", url=url) is None
            """,
        }
    )

    fetching.run().assert_outcomes(passed=2)


@pytest.mark.parametrize("option", [["--convex-network"], ["-o", "convex_network=true"]])
def test_so_do_the_option_and_the_ini_value(fetching, option):
    fetching.write(
        {
            "conftest.py": LOCAL,
            "test_it.py": """\
            def test_it(t, url):
                assert t.action("web:get", url=url) == "from outside"
            """,
        }
    )

    fetching.run(*option).assert_outcomes(passed=1)
