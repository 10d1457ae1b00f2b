"""Times single operations inside one test, as calls.test.ts does, and writes seconds per operation to a file."""

import json
import os
from pathlib import Path
from statistics import median
from time import perf_counter

from convex_test import api

BATCHES = 7


def per_operation(operations, run):
    """The median over some batches of what one of `operations` operations takes, in seconds. The first one warms up."""
    seconds = []
    for _ in range(BATCHES + 1):
        start = perf_counter()
        run()
        seconds.append((perf_counter() - start) / operations)
    return median(seconds[1:])


def test_calls(convex_project):
    with convex_project.test() as t:

        def hundred_mutations():
            for _ in range(100):
                t.mutation(api.notes.add, author="Sarah", body="Hi!")

        mutation = per_operation(100, hundred_mutations)
        insert = per_operation(1000, lambda: t.mutation(api.notes.fill, count=1000, groups=10))

    with convex_project.test() as t:
        t.mutation(api.notes.fill, count=2000, groups=10)
        collect = per_operation(2000, lambda: t.query(api.notes.countAll))

    with convex_project.test() as t:
        t.mutation(api.notes.fill, count=10_000, groups=100)
        assert t.query(api.notes.countGroup, group=42) == 100
        hundred_rows = per_operation(1, lambda: t.query(api.notes.countGroup, group=42))

    figures = {"mutation": mutation, "insert": insert, "collect": collect, "hundred_rows": hundred_rows}
    Path(os.environ["BENCHMARK_FIGURES"]).write_text(json.dumps(figures), encoding="utf-8")
