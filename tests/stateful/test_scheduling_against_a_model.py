"""Scheduled functions, actions that wait, cancelling, failing and moving time, against a list that is searched naively.

What runs, in which order and at which moment, and what each job says of itself, must be what the list says.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from freezegun import freeze_time
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from convex_test import FunctionError, load_project

FUNCTIONS = """
    import { action, mutation, query } from "./_generated/server";

    const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    const write = async (ctx: any, text: string) => await ctx.db.insert("notes", { text, at: Date.now() });

    export const note = mutation(async (ctx, { text }: any) => { await write(ctx, text); });
    export const fail = mutation(async (ctx, { text }: any) => {
      await write(ctx, text);
      throw new Error(text);
    });
    export const chain = mutation(async (ctx, { text, rest }: any) => {
      await write(ctx, text);
      if (rest.length === 0) return;
      await ctx.scheduler.runAfter(rest[0], "jobs:chain" as any, { text: `${text}+`, rest: rest.slice(1) });
    });
    export const act = action(async (ctx, { text, waits, fails }: any) => {
      await ctx.runMutation("jobs:note" as any, { text });
      for (const ms of waits) {
        await sleep(ms);
        await ctx.runMutation("jobs:note" as any, { text: `${text}~` });
      }
      if (fails) throw new Error(text);
    });
    export const schedule = mutation(async (ctx, { jobs, fails }: any) => {
      const ids = [];
      for (const { name, ms, args } of jobs) ids.push(await ctx.scheduler.runAfter(ms, `jobs:${name}` as any, args));
      if (fails) throw new Error("on purpose");
      return ids;
    });
    export const cancel = mutation(async (ctx, { id, fails }: any) => {
      await ctx.scheduler.cancel(id);
      if (fails) throw new Error("on purpose");
    });
    export const notes = query(async (ctx) =>
      (await ctx.db.query("notes").collect()).map(({ text, at }) => [text, at]));
"""
START = datetime(2030, 1, 1, tzinfo=UTC)
BEGINNING = 1_893_456_000_000
DELAYS = st.sampled_from([0, 0, 1, 5, 10, 50, 1000])
SPANS = st.sampled_from([0, 1, 5, 7, 10, 50, 500, 5000])


# The model: lists that are searched from one end to the other


@dataclass
class Job:
    """A job, by the number of its place in the order of scheduling."""

    number: int
    name: str
    args: dict[str, Any]
    due: int
    state: str = "pending"
    completed: int | None = None
    error: str | None = None


@dataclass
class Running:
    """An action in flight, asleep."""

    job: Job
    wakes: int
    since: int
    waits: list[int] = field(default_factory=list)


class Model:
    def __init__(self) -> None:
        self.now = BEGINNING
        self.jobs: list[Job] = []
        self.running: list[Running] = []
        self.notes: list[list[Any]] = []
        self.sleeps = 0

    def schedule(self, name: str, ms: int, args: dict[str, Any]) -> None:
        self.jobs.append(Job(len(self.jobs), name, args, self.now + ms))

    def cancel(self, number: int) -> None:
        job = self.jobs[number]
        if job.state in ("pending", "inProgress"):
            job.state, job.completed = "canceled", self.now

    def step(self, until: int | None) -> bool:
        """Does what comes next, if it is not due later than `until`: jobs before timers, each in their order."""
        pending = [job for job in self.jobs if job.state == "pending"]
        job = min(pending, key=lambda job: (job.due, job.number), default=None)
        asleep = min(self.running, key=lambda running: (running.wakes, running.since), default=None)
        if job is not None and (asleep is None or job.due <= asleep.wakes):
            if until is not None and job.due > until:
                return False
            self.now = max(self.now, job.due)
            self.begin(job)
            return True
        if asleep is None or (until is not None and asleep.wakes > until):
            return False
        self.now = max(self.now, asleep.wakes)
        self.note(f"{asleep.job.args['text']}~")
        self.running.remove(asleep)
        self.sleep(asleep.job, asleep.waits)
        return True

    def begin(self, job: Job) -> None:
        if job.name == "fail":
            self.end(job, job.args["text"])
            return
        self.note(job.args["text"])
        if job.name == "act":
            job.state = "inProgress"
            self.sleep(job, job.args["waits"])
            return
        if job.name == "chain" and job.args["rest"]:
            first, *rest = job.args["rest"]
            self.schedule("chain", first, {"text": f"{job.args['text']}+", "rest": rest})
        self.end(job, None)

    def sleep(self, job: Job, waits: list[int]) -> None:
        if not waits:
            self.end(job, job.args["text"] if job.args["fails"] else None)
            return
        self.sleeps += 1
        self.running.append(Running(job, self.now + waits[0], self.sleeps, waits[1:]))

    def end(self, job: Job, error: str | None) -> None:
        if job.state == "canceled":
            return
        job.state = "success" if error is None else "failed"
        job.completed, job.error = self.now, error

    def note(self, text: str) -> None:
        self.notes.append([text, self.now])

    def advance(self, ms: int) -> None:
        end = self.now + ms
        while self.step(end):
            pass
        self.now = end

    def finish_in_progress(self) -> None:
        while self.step(max(self.now, min((running.wakes for running in self.running), default=self.now))):
            pass

    def finish_all(self) -> None:
        while self.step(None):
            pass


# The machine


@st.composite
def new_jobs(draw: st.DrawFn) -> dict[str, Any]:
    """What is scheduled: name, delay and arguments without their text."""
    name = draw(st.sampled_from(["note", "fail", "chain", "act", "act"]))
    args: dict[str, Any] = {}
    if name == "chain":
        args = {"rest": draw(st.lists(DELAYS, max_size=3))}
    if name == "act":
        args = {"waits": draw(st.lists(DELAYS, max_size=3)), "fails": draw(st.booleans())}
    return {"name": name, "ms": draw(DELAYS), "args": args}


class SchedulingAgainstAList(RuleBasedStateMachine):
    def __init__(self, project: Any) -> None:
        super().__init__()
        self.freezing = freeze_time(START)
        self.clock = self.freezing.start()
        self.backend = project.test(seed=1, failed_jobs="ignore")
        self.t = self.backend.__enter__()
        self.model = Model()
        self.texts = 0

    @initialize(jobs=st.lists(new_jobs(), min_size=2, max_size=4))
    def begin(self, jobs: list[dict[str, Any]]) -> None:
        self.schedule(jobs, fails=False)

    @rule(jobs=st.lists(new_jobs(), min_size=1, max_size=3), fails=st.sampled_from([False, False, True]))
    def schedule(self, jobs: list[dict[str, Any]], fails: bool) -> None:
        named = []
        for job in jobs:
            self.texts += 1
            named.append({**job, "args": {**job["args"], "text": f"n{self.texts}"}})
        self.attempt("jobs:schedule", fails, jobs=named)
        if not fails:
            for job in named:
                self.model.schedule(job["name"], job["ms"], job["args"])

    @precondition(lambda self: self.model.jobs)
    @rule(data=st.data(), fails=st.sampled_from([False, False, True]))
    def cancel(self, data: st.DataObject, fails: bool) -> None:
        number = data.draw(st.integers(0, len(self.model.jobs) - 1))
        self.attempt("jobs:cancel", fails, id=self.t.scheduled_functions[number].id)
        if not fails:
            self.model.cancel(number)

    def attempt(self, name: str, fails: bool, **args: Any) -> None:
        if fails:
            with pytest.raises(FunctionError, match="on purpose"):
                self.t.mutation(name, **args, fails=True)
        else:
            self.t.mutation(name, **args, fails=False)

    # Time

    @rule(ms=SPANS)
    def advance(self, ms: int) -> None:
        self.t.advance(milliseconds=ms)
        self.model.advance(ms)

    @rule(ms=SPANS)
    def the_test_moves_the_clock(self, ms: int) -> None:
        self.clock.tick(timedelta(milliseconds=ms))
        self.model.now += ms

    @rule()
    def finish_in_progress(self) -> None:
        self.t.finish_in_progress_scheduled_functions()
        self.model.finish_in_progress()

    @rule()
    def finish_all(self) -> None:
        self.t.finish_all_scheduled_functions()
        self.model.finish_all()

    # Comparing

    @invariant()
    def the_same_has_happened(self) -> None:
        assert self.t.query("jobs:notes") == self.model.notes

    @invariant()
    def jobs_say_the_same_of_themselves(self) -> None:
        found = self.t.scheduled_functions
        assert [(job.name, milliseconds(job.scheduled_time), job.state) for job in found] == [
            (f"jobs.js:{job.name}", job.due, job.state) for job in self.model.jobs
        ]
        for job, expected in zip(found, self.model.jobs, strict=True):
            assert (job.error is None) is (expected.error is None)
            assert expected.error is None or str(job.error).startswith(f"Uncaught Error: {expected.error}\n")
            assert (job.completed_time and milliseconds(job.completed_time)) == expected.completed

    @invariant()
    def the_clock_is_the_same(self) -> None:
        assert milliseconds(datetime.now(UTC)) == self.model.now

    def teardown(self) -> None:
        try:
            self.finish_all()
            self.the_same_has_happened()
            self.jobs_say_the_same_of_themselves()
            assert not self.model.running
        finally:
            self.backend.__exit__(None, None, None)
            self.freezing.stop()


def milliseconds(moment: datetime) -> int:
    return round((moment - START) / timedelta(milliseconds=1)) + BEGINNING


def test_scheduling_against_a_list(write_project) -> None:
    project = load_project(write_project({"convex/jobs.ts": FUNCTIONS}))
    run_state_machine_as_test(
        lambda: SchedulingAgainstAList(project),
        settings=settings(max_examples=60, stateful_step_count=20, deadline=None, derandomize=True, database=None),
    )
