"""A project with users and notes, to load files into and to dump: its sources, and what is in its tables."""

from __future__ import annotations

from typing import Any

import pytest

from convex_test import UsageError

SOURCES = {
    "convex/schema.ts": """
        import { defineSchema, defineTable } from "convex/server";
        import { v } from "convex/values";

        export default defineSchema({
          users: defineTable({ name: v.string(), nick: v.optional(v.string()) }).index("by_name", ["name"]),
          notes: defineTable({ owner: v.id("users"), text: v.string() }).index("by_owner", ["owner"]),
          anything: defineTable(v.any()),
        });
        """,
    "convex/users.ts": """
        import { query } from "./_generated/server";

        export const names = query(async ({ db }) =>
          (await db.query("users").withIndex("by_name").collect()).map((user) => user.name));
        """,
}


def rows(t: Any, table: str) -> list[dict[str, Any]]:
    return t.run(lambda ctx: ctx.db.query(table).collect())


def state(t: Any) -> dict[str, list[dict[str, Any]]]:
    return {table: rows(t, table) for table in ("users", "notes", "anything", "free")}


def load_fails(t: Any, *args: Any, error: type[Exception] = UsageError, **options: Any) -> str:
    """What a load says that fails; it must not have changed anything."""
    before = state(t)
    with pytest.raises(error) as caught:
        t.load(*args, **options)
    assert state(t) == before
    return str(caught.value)
