"""A project whose validators have every kind, and validators drawn at random."""

from __future__ import annotations

import shutil
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import strategies as st

from convex_test import load_project
from tests.conftest import link_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

SCHEMA = """
    import { defineSchema, defineTable } from "convex/server";
    import { v } from "convex/values";

    export const address = v.object({ city: v.string(), zip: v.optional(v.string()) });

    export default defineSchema({
      users: defineTable({ name: v.string(), age: v.optional(v.number()), address: v.optional(address) }),
      messages: defineTable(
        v.union(
          v.object({ kind: v.literal("text"), author: v.id("users"), body: v.string() }),
          v.object({ kind: v.literal("image"), author: v.id("users"), file: v.id("_storage") }),
        ),
      ),
      anything: defineTable(v.any()),
    });
"""
FUNCTIONS = """
    import { v } from "convex/values";
    import { validate } from "convex-helpers/validators";
    import { action, httpAction, internalMutation, mutation, query } from "./_generated/server";

    export const everything = mutation({
      args: {
        any: v.any(),
        none: v.null(),
        flag: v.boolean(),
        number: v.number(),
        big: v.int64(),
        text: v.string(),
        bytes: v.bytes(),
        user: v.id("users"),
        kind: v.union(v.literal("a"), v.literal("b")),
        tags: v.array(v.string()),
        scores: v.record(v.string(), v.number()),
        profile: v.object({ email: v.string(), home: v.optional(v.string()) }),
        maybe: v.optional(v.string()),
      },
      handler: async () => null,
    });
    export const add = mutation({
      args: { name: v.string() },
      handler: async (ctx, { name }) => await ctx.db.insert("users", { name }),
    });
    export const remove = mutation({
      args: { user: v.id("users") },
      handler: async (ctx, { user }) => await ctx.db.delete(user),
    });
    export const unchecked = query(async () => null);
    export const none = query({ args: {}, handler: async () => null });
    export const never = query({ args: { x: v.union() }, handler: async () => null });
    export const perhaps = query({ args: { x: v.optional(v.union()) }, handler: async () => null });
    export const inside = internalMutation({ args: { tags: v.array(v.string()) }, handler: async () => null });
    export const act = action({ args: { file: v.id("_storage") }, handler: async () => null });
    export const hook = httpAction(async () => new Response());

    // The npm package's own classes, made from their JSON.
    function build(json: any): any {
      switch (json.type) {
        case "null": return v.null();
        case "number": return v.number();
        case "bigint": return v.int64();
        case "boolean": return v.boolean();
        case "string": return v.string();
        case "bytes": return v.bytes();
        case "any": return v.any();
        case "id": return v.id(json.tableName);
        case "literal": return v.literal(json.value?.$integer !== undefined ? 5n : json.value);
        case "array": return v.array(build(json.value));
        case "record": return v.record(build(json.keys), build(json.values.fieldType));
        case "union": return v.union(...json.value.map(build));
        case "object": {
          const fields: any = {};
          for (const [name, { fieldType, optional }] of Object.entries<any>(json.value)) {
            fields[name] = optional ? v.optional(build(fieldType)) : build(fieldType);
          }
          return v.object(fields);
        }
      }
      throw new Error(json.type);
    }
    export const verdict = query({
      handler: async (ctx, { json, value }: any) => {
        const validator = build(JSON.parse(json));
        if (JSON.stringify(validator.json) !== json) throw new Error(JSON.stringify(validator.json));
        return validate(validator, value, { db: ctx.db });
      },
    });
"""


@pytest.fixture(scope="session")
def make_project(tmp_path_factory: pytest.TempPathFactory, example_app: Path) -> Callable[[Mapping[str, str]], Any]:
    """Writes a Convex project that lives as long as the session, and loads it."""

    def make(files: Mapping[str, str]) -> Any:
        root = tmp_path_factory.mktemp("project")
        shutil.copytree(example_app / "convex" / "_generated", root / "convex" / "_generated")
        shutil.copy(example_app / "package.json", root / "package.json")
        link_folder(root / "node_modules", example_app / "node_modules")
        for name, text in files.items():
            (root / name).write_text(dedent(text), encoding="utf-8")
        return load_project(root)

    return make


@pytest.fixture(scope="session")
def project(make_project: Callable[[Mapping[str, str]], Any]) -> Any:
    return make_project({"convex/schema.ts": SCHEMA, "convex/f.ts": FUNCTIONS})


def field(validator: Any, *, optional: bool = False) -> dict[str, Any]:
    return {"fieldType": validator, "optional": optional}


def _records(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    keys = st.sampled_from([{"type": "string"}, {"type": "id", "tableName": "users"}])
    return st.builds(lambda key, item: {"type": "record", "keys": key, "values": field(item)}, keys, inner)


def _objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    fields = st.builds(lambda item, optional: field(item, optional=optional), inner, st.booleans())
    return st.dictionaries(st.sampled_from("abc"), fields, max_size=3).map(
        lambda found: {"type": "object", "value": found}
    )


validators = st.recursive(
    st.sampled_from(
        [
            *({"type": kind} for kind in ("null", "number", "bigint", "boolean", "string", "bytes", "any")),
            {"type": "id", "tableName": "users"},
            {"type": "id", "tableName": "_storage"},
            {"type": "literal", "value": "text"},
            {"type": "literal", "value": 1},
            {"type": "literal", "value": True},
            {"type": "literal", "value": {"$integer": "BQAAAAAAAAA="}},
        ]
    ),
    lambda inner: st.one_of(
        st.builds(lambda item: {"type": "array", "value": item}, inner),
        _records(inner),
        _objects(inner),
        st.lists(inner, min_size=1, max_size=3).map(lambda members: {"type": "union", "value": members}),
    ),
    max_leaves=5,
)
"""Convex's JSON of validators that some value matches."""
