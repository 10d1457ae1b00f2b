"""Modules with `"use node"`: the clock, timers and randomness."""

from __future__ import annotations

import time
from hashlib import pbkdf2_hmac

import pytest
from freezegun import freeze_time

from convex_test import FunctionError, api

FILES = {
    "convex/notes.ts": """
        import { internalMutation, query } from "./_generated/server";
        export const add = internalMutation(async (ctx, { text }: { text: string }) => {
          await ctx.db.insert("notes", { text });
        });
        export const all = query(async (ctx) => (await ctx.db.query("notes").collect()).map((note) => note.text));
    """,
    "convex/node.ts": """
        "use node";
        import { execFile } from "node:child_process";
        import { pbkdf2 } from "node:crypto";
        import timers from "node:timers/promises";
        import { setTimeout as sleep } from "node:timers/promises";
        import { promisify } from "node:util";
        import { api, internal } from "./_generated/api";
        import { action, internalAction } from "./_generated/server";

        const start = Date.now();
        const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
        export const now = action(async () => Date.now());
        export const dates = action(async () => [
          new Date().getTime() - Date.now() < 50, new Date(0).toISOString(), Date() === new Date().toString(),
          new Date() instanceof Date, new Date(2020, 0, 2).getTime() === Date.UTC(2020, 0, 2), typeof Date.parse,
          (new Date() as any).constructor === Date, class extends Date {}.name === "", start > 0,
        ]);
        export const tenMinutes = action(async () => {
          const [before, ran] = [Date.now(), performance.now()];
          await pause(600_000);
          return [Math.round((Date.now() - before) / 1000), Math.round((performance.now() - ran) / 1000)];
        });
        export const ways = action(async () => {
          const seen: unknown[] = [];
          const begin = Date.now();
          const at = (name: string) => seen.push([name, Math.round((Date.now() - begin) / 1000)]);
          await sleep(1000); at("promises");
          await timers.scheduler.wait(1000); at("scheduler");
          await promisify(setTimeout)(1000); at("promisify");
          let ticks = 0;
          for await (const _ of timers.setInterval(1000)) if (++ticks === 2) break;
          at("iterator");
          await new Promise<void>((resolve) => {
            const timer = setInterval(() => { if (++ticks === 4) { clearInterval(timer); resolve(); } }, 1000);
          });
          at("interval");
          const aborted = await sleep(5000, null, { signal: AbortSignal.timeout(1000) }).catch((error) => error.name);
          at(aborted);
          const timer = setTimeout(() => seen.push("never"), 1000);
          seen.push([typeof timer.ref, timer.hasRef(), timer.unref() === timer, typeof +timer]);
          clearTimeout(timer);
          clearTimeout(+setTimeout(() => seen.push("never"), 1000));
          await sleep(2000);
          return seen;
        });
        export const order = action(async () => {
          const seen: string[] = [];
          setTimeout(() => seen.push("30"), 30);
          setTimeout((text: string) => seen.push(text), 10, "10");
          setImmediate(() => seen.push("immediate"));
          process.nextTick(() => seen.push("tick"));
          await pause(40);
          return seen;
        });
        export const work = action(async () => {
          const began = Date.now();
          const [key, { stdout }] = await Promise.all([
            promisify(pbkdf2)("secret", "salt", 1000, 8, "sha256"),
            promisify(execFile)(process.execPath, ["-e", "console.log('child')"]),
          ]);
          return [key.toString("hex"), stdout];
        });
        export const workAndTimer = action(async () => {
          let late = false;
          const timer = setTimeout(() => { late = true; }, 3_600_000);
          await promisify(execFile)(process.execPath, ["-e", "setTimeout(() => {}, 50)"]);
          clearTimeout(timer);
          return late;
        });
        export const slowWork = action(async () => {
          const child = promisify(execFile)(process.execPath, ["-e", "setTimeout(() => {}, 20000)"]);
          const winner = await Promise.race([child.then(() => "child", () => "child"), pause(100).then(() => "timer")]);
          child.child.kill();
          return winner;
        });
        export const waiting = internalAction(async (ctx) => {
          await pause(60_000);
          await ctx.runMutation(internal.notes.add, { text: "woken" });
        });
        export const start60 = action(async (ctx) => { await ctx.scheduler.runAfter(0, internal.node.waiting); });
        export const together = action(async (ctx) => {
          const begin = Date.now();
          await Promise.all([1, 2, 3].map(() => ctx.runAction(internal.node.waiting)));
          return Math.round((Date.now() - begin) / 1000);
        });
        export const random = action(async () => [Math.random(), Math.random()]);
        export const callback = action(async () => { setTimeout("code" as any, 1); });
    """,
}


def test_the_time_is_that_of_the_test(t):
    with freeze_time("2030-01-01"):
        assert abs(t.action(api.node.now) - 1893456000000) < 5000


def test_moving_time_moves_it(t):
    before = t.action(api.node.now)
    t.advance(days=1)

    assert 86_400_000 <= t.action(api.node.now) - before < 86_400_000 + 20_000


def test_dates_are_as_ever(t):
    assert t.action(api.node.dates) == [
        True,
        "1970-01-01T00:00:00.000Z",
        True,
        True,
        True,
        "function",
        True,
        True,
        True,
    ]


def test_ten_minutes_take_no_time(t):
    started = time.monotonic()
    assert t.action(api.node.tenMinutes) == [600, 600]
    assert time.monotonic() - started < 30


def test_every_way_to_wait(t):
    assert t.action(api.node.ways) == [
        ["promises", 1],
        ["scheduler", 2],
        ["promisify", 3],
        ["iterator", 5],
        ["interval", 7],
        ["AbortError", 8],
        ["function", True, True, "number"],
    ]


def test_timers_fire_in_order(t):
    assert t.action(api.node.order) == ["tick", "immediate", "10", "30"]


def test_work_outside_of_javascript_is_waited_for(t):
    assert t.action(api.node.work) == [pbkdf2_hmac("sha256", b"secret", b"salt", 1000, 8).hex(), "child\n"]


def test_time_does_not_jump_while_there_is_work(t):
    assert t.action(api.node.workAndTimer) is False


def test_a_timer_is_due_in_its_own_time_while_there_is_work(t):
    assert t.action(api.node.slowWork) == "timer"


def test_a_scheduled_action_waits_in_the_tests_time(t):
    t.action(api.node.start60)
    t.advance(seconds=59)
    assert t.query(api.notes.all) == []

    t.advance(seconds=1)
    assert t.query(api.notes.all) == ["woken"]


def test_actions_wait_beside_each_other(t):
    assert 60 <= t.action(api.node.together) < 100
    assert t.query(api.notes.all) == ["woken"] * 3


def test_random_numbers_are_those_of_the_seed(project):
    def draw(seed):
        with project.test(seed=seed) as t:
            return t.action(api.node.random)

    one, other = draw(1)
    assert draw(1) == [one, other]
    assert draw(2) != [one, other]
    assert one != other


def test_a_text_is_no_callback(t):
    with pytest.raises(FunctionError, match='The "callback" argument must be of type function'):
        t.action(api.node.callback)
