from __future__ import annotations

import pytest

from convex_test import FunctionError, OutOfMemoryError, js

FILES = {
    "convex/bombs.ts": """\
        import { api } from "./_generated/api";
        import { action, mutation, query } from "./_generated/server";

        export const arrays = mutation(async (ctx) => {
          await ctx.db.insert("items", { n: 1 });
          const all = [];
          for (;;) all.push(new Array(100_000).fill(7));
        });
        export const objects = query(async () => {
          const all = [];
          for (;;) all.push({ a: [1, 2, 3], b: "abc" });
        });
        export const strings = query(async () => {
          const all = [];
          for (let i = 0; ; i++) all.push(String(i).repeat(100_000));
        });
        export const buffers = query(async () => {
          const all = [];
          for (;;) all.push(new Uint8Array(10_000_000));
        });
        export const closures = query(async () => {
          const all: (() => number)[] = [];
          for (let i = 0; ; i++) all.push(() => i);
        });
        export const promises = query(async () => {
          const all: Promise<number>[] = [];
          for (let i = 0; ; i++) all.push(Promise.resolve(i));
        });
        export const inAction = action(async () => {
          const all = [];
          for (;;) all.push(new Array(100_000).fill(7));
        });
        export const caught = mutation(async (ctx) => {
          await ctx.db.insert("items", { n: 1 });
          try {
            const all = [];
            for (;;) all.push({ a: [1, 2, 3], b: "abc" });
          } catch {
            return "caught";
          }
        });
        const fill = async () => {
          await null;
          const all = [];
          for (;;) all.push({ a: [1, 2, 3], b: "abc" });
        };
        export const caughtLater = mutation(async (ctx) => {
          await ctx.db.insert("items", { n: 1 });
          return await fill().catch(() => "caught");
        });
        export const settled = mutation(async (ctx) => {
          await ctx.db.insert("items", { n: 1 });
          await Promise.allSettled([fill()]);
          return "caught";
        });
        export const caughtAgainAndAgain = mutation(async (ctx) => {
          await ctx.db.insert("items", { n: 1 });
          for (;;) {
            try {
              const all = [];
              for (;;) all.push(new Array(100_000).fill(7));
            } catch (error) {
              await null;
            }
          }
        });
        export const nested = mutation(async (ctx) => {
          await ctx.db.insert("items", { n: 1 });
          await ctx.runMutation(api.bombs.arrays, {});
        });
        export const fromAction = action(async (ctx) => {
          await ctx.runMutation(api.bombs.arrays, {});
        });
        export const throwsNull = query(async () => { try { throw null; } catch (e) { return `caught ${e}`; } });
        export const doubling = query(async () => {
          let text = "x";
          for (;;) text += text;
        });
        export const one = query(async () => "x".repeat(2 ** 30));
        """,
}

OUT_OF_MEMORY = "JavaScript execution ran out of memory (maximum memory usage: 64 MB)"


@pytest.mark.parametrize("name", ["objects", "strings", "buffers", "closures", "promises"])
def test_a_query_that_fills_the_memory_is_stopped(t, failure, name):
    assert failure(OutOfMemoryError, t.query, f"bombs:{name}").text == OUT_OF_MEMORY


def test_a_mutation_that_fills_the_memory_is_rolled_back(t, failure):
    assert failure(OutOfMemoryError, t.mutation, "bombs:arrays").text == OUT_OF_MEMORY


@pytest.mark.parametrize("name", ["caught", "caughtLater", "settled", "caughtAgainAndAgain"])
def test_no_catch_stops_the_end_of_memory(t, failure, name):
    assert failure(OutOfMemoryError, t.mutation, f"bombs:{name}").text == OUT_OF_MEMORY
    assert t.run(lambda ctx: ctx.db.query("items").collect()) == []


def test_null_that_is_thrown_is_caught(t):
    snippet = "async () => { try { throw null; } catch (error) { return error; } }"
    assert t.query(js(snippet)) is None
    assert t.query("bombs:throwsNull") == "caught null"


def test_an_action_that_fills_the_memory_is_stopped(t, failure):
    assert failure(OutOfMemoryError, t.action, "bombs:inAction").text == OUT_OF_MEMORY


def test_a_nested_mutation_that_fills_the_memory_ends_its_caller(t, failure):
    error = failure(OutOfMemoryError, t.mutation, "bombs:nested")
    assert error.text == OUT_OF_MEMORY
    assert error.chain == ["mutation bombs:nested", "mutation bombs:arrays"]


def test_an_action_sees_the_end_of_memory_of_a_mutation_as_its_error(t, failure):
    error = failure(FunctionError, t.action, "bombs:fromAction")
    assert error.text.split("\n")[0] == f"Uncaught Error: {OUT_OF_MEMORY}"
    assert type(error.__cause__) is OutOfMemoryError


def test_the_place_is_shown_where_it_is_known(t, failure):
    assert [str(frame) for frame in failure(OutOfMemoryError, t.query, "bombs:buffers").frames] == [
        "    at <anonymous> (convex/bombs.ts:19:25)"
    ]


@pytest.mark.parametrize("name", ["doubling", "one"])
def test_a_string_too_long_is_the_range_error_of_v8(t, failure, name):
    assert failure(FunctionError, t.query, f"bombs:{name}").text == "Uncaught RangeError: Invalid string length"
