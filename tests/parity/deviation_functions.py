"""Functions of the tests of deviations in queries, and how these call them."""

from __future__ import annotations

from convex_test import js

SOURCES = {
    "convex/schema.ts": """
        import { defineSchema, defineTable } from "convex/server";
        import { v } from "convex/values";
        export default defineSchema({
          items: defineTable(v.any()).index("by_a_b", ["a", "b"]).index("by_n", ["n"]),
          texts: defineTable(v.any()).searchIndex("search", { searchField: "body", filterFields: ["kind"] }),
          vectors: defineTable(v.any()).vectorIndex("near", {
            vectorField: "at.vector", dimensions: 2, filterFields: ["kind"],
          }),
        });
    """,
    "convex/f.ts": """
        import { query } from "./_generated/server";
        export const page = query(async (ctx, { paginationOpts }: any) =>
          await ctx.db.query("items").withIndex("by_n").paginate(paginationOpts));
    """,
}


def run(t, body, *args, kind="query"):
    return getattr(t, kind)(js(f"async (ctx, ...args) => {{ {body} }}"), *args)


def fails(t, body, *args, kind="query"):
    """The message of the error that a function can catch."""
    return run(t, f"try {{ {body} }} catch (error) {{ return error.message }} return 'no error'", *args, kind=kind)


def insert(t, *documents, table="items"):
    return [t.run(lambda ctx, fields=fields: ctx.db.insert(table, fields)) for fields in documents]


def found(t, query):
    """The field `n` of what a query finds."""
    return run(t, f"return (await ctx.db.query('items'){query}).map(({{ n = 'missing' }}) => n)")
