"""`t.functions`: what a project exports."""

from __future__ import annotations

import pytest

FILES = {
    "convex/messages.ts": """
        import { v } from "convex/values";
        import { internalQuery, mutation, query } from "./_generated/server";

        export const list = query({ args: {}, returns: v.array(v.string()), handler: async () => [] });
        export const send = mutation({ args: { body: v.string() }, handler: async () => null });
        export const secret = internalQuery(async () => null);
        const hidden = query(async () => null);
        export { hidden as renamed };
        export const constant = 5;
        export const helper = () => null;
        """,
    "convex/admin/tools.ts": """
        import { action } from "../_generated/server";
        export default action({ args: {}, handler: async () => null });
        """,
}


@pytest.fixture(scope="module")
def functions(make_project):
    with make_project(FILES).test() as t:
        return {function.path: function for function in t.functions}


def test_they_come_in_the_order_of_their_paths(functions):
    assert list(functions) == ["admin/tools", "messages:list", "messages:renamed", "messages:secret", "messages:send"]


def test_kind_and_visibility(functions):
    assert (functions["messages:send"].kind, functions["messages:send"].visibility) == ("mutation", "public")
    assert (functions["messages:secret"].kind, functions["messages:secret"].visibility) == ("query", "internal")


def test_validators_are_convexs_json(functions):
    body = {"fieldType": {"type": "string"}, "optional": False}
    assert functions["messages:send"].args == {"type": "object", "value": {"body": body}}
    assert functions["messages:send"].returns is None
    assert functions["messages:list"].returns == {"type": "array", "value": {"type": "string"}}
    assert functions["messages:secret"].args == {"type": "any"}


def test_file_and_line(functions):
    assert (functions["messages:list"].file, functions["messages:list"].line) == ("convex/messages.ts", 5)
    assert (functions["admin/tools"].file, functions["admin/tools"].line) == ("convex/admin/tools.ts", 3)


def test_a_line_that_only_a_parser_would_find_is_not_guessed(functions):
    assert functions["messages:renamed"].line is None
