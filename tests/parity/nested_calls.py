"""Snippets that call functions, and what these have written."""

from __future__ import annotations

from convex_test import js


def numbers(t):
    return [item["n"] for item in t.run(lambda ctx: ctx.db.query("items").collect())]


def run(t, body, *args, kind="mutation"):
    return getattr(t, kind)(js(f"async (ctx, ...args) => {{ {body} }}"), *args)


def caught_message(t, body, kind="mutation"):
    return run(t, f"try {{ {body} }} catch (error) {{ return error.message; }}", kind=kind)
