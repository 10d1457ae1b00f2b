"""`checks.public_functions_need_auth` on functions that run in Node.js."""

from __future__ import annotations

import pytest

from convex_test import ProjectError, checks
from convex_test.engine.node.pool import NodeProcesses
from convex_test.engine.node.settings import NodeSettings
from convex_test.harness.inside import deployment_of

FILES = {
    "convex/node.ts": """\
        "use node";
        import { action } from "./_generated/server";

        export const refuses = action(async (ctx) => {
          if ((await ctx.auth.getUserIdentity()) === null) throw new Error("Sign in first");
          return process.version;
        });
        export const answers = action(async () => process.version.slice(0, 1));
        """,
}


def test_they_are_called_like_all_others(t):
    with pytest.raises(AssertionError) as caught:
        checks.public_functions_need_auth(t)
    assert str(caught.value).startswith(
        "1 public function answered a caller who is not signed in:\n"
        "    action node:answers({})  convex/node.ts:8\n"
        "        returned 'v'\n"
    )


def test_without_node_nothing_is_said_of_the_others(make_t, monkeypatch):
    t = make_t(FILES)
    settings = NodeSettings(program="no-such-program", place="this test")
    monkeypatch.setattr(deployment_of(t).runtime.node, "processes", NodeProcesses(settings))
    with pytest.raises(ProjectError, match=r'^convex/node\.ts has the directive "use node"\. There is no program'):
        checks.public_functions_need_auth(t)
