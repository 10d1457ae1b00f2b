"""Times operations on large tables, as large.test.ts does, and writes seconds per operation to a file."""

import json
import os
import time
from pathlib import Path

from convex_test import api, load_project

figures = {}


def once(name, operations, run):
    """What one of `operations` operations takes, in seconds, the first time."""
    start = time.perf_counter()
    result = run()
    figures[name] = (time.perf_counter() - start) / operations
    return result


def best(run):
    """The shortest of seven times, in seconds."""
    seconds = []
    for _ in range(7):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def fill(t, count, groups):
    for _ in range(0, count, 5000):
        t.mutation(api.notes.fill, count=min(count, 5000), groups=groups)


def test_first_call():
    """What a process does once for a project, its bundle on disk: reading that, the prelude, the modules."""

    def first_call():
        with load_project(Path(__file__).parent.parent).test() as t:
            return t.query(api.notes.countAll)

    assert once("first_call", 1, first_call) == 0


def test_scan_and_ranges(convex_project):
    with convex_project.test() as t:
        fill(t, 10_000, 100)
        t.query(api.large.scan)
        once("scan", 10_000, lambda: t.query(api.large.scan))
        figures["range"] = best(lambda: t.query(api.large.range, **{"from": 40}))
        snapshot = t.snapshot()
        t.mutation(api.notes.fill, count=1000, groups=10)
        once("restore", 1, lambda: t.restore(snapshot))
        assert t.query(api.notes.countGroup, group=42) == 100


def test_pages_of_a_large_table(convex_project):
    with convex_project.test() as t:
        fill(t, 1000, 10)
        small = best(lambda: t.query(api.large.range, **{"from": 4}))
    with convex_project.test() as t:
        fill(t, 100_000, 1000)
        figures["growth"] = best(lambda: t.query(api.large.range, **{"from": 400})) / small

        def all_pages():
            cursor, count, done = None, 0, False
            while not done:
                page = t.query(api.large.page, cursor=cursor)
                cursor, done, count = page["continueCursor"], page["isDone"], count + page["count"]
            return count

        assert once("pages", 100, all_pages) == 100_000


def test_search(convex_project):
    with convex_project.test() as t:
        for start in range(0, 10_000, 5000):
            t.mutation(api.large.fillArticles, **{"from": start}, count=5000)
        assert t.query(api.large.searchArticles, words="topic42 word") == 10
        figures["search"] = best(lambda: t.query(api.large.searchArticles, words="topic42 word"))


def test_writes(convex_project):
    with convex_project.test() as t:
        t.mutation(api.large.fillEntries, count=1000)
        once("insert_5", 1000, lambda: t.mutation(api.large.fillEntries, count=1000))
        t.mutation(api.large.nest, count=100)
        assert once("nested", 500, lambda: t.mutation(api.large.nest, count=500)) == 500


def test_scheduled_mutations(convex_project):
    with convex_project.test() as t:
        t.mutation(api.large.schedule, count=1000)
        once("drain", 1, t.finish_all_scheduled_functions)
        assert t.query(api.notes.countAll) == 1000


def test_write_figures():
    Path(os.environ["BENCHMARK_FIGURES"]).write_text(json.dumps(figures), encoding="utf-8")
