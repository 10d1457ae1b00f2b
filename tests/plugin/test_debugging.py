"""`--convex-inspect`: a debugger that speaks the inspector's protocol attaches, stops in TypeScript, and goes on."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import time
from base64 import b64decode
from contextlib import contextmanager

import pytest
from websockets.sync.client import connect

from convex_test.project.source_map import SourceMap

MESSAGES = """\
import { action, mutation, query } from "./_generated/server";

export const send = mutation(async (ctx) => {
  const secret = 42;
  debugger;
  return await ctx.db.insert("messages", { secret });
});

export const list = query(async (ctx) => {
  const rows = await ctx.db.query("messages").collect();
  return rows.map((row) => row.secret);
});

export const fail = query(async () => {
  throw new Error("as ever");
});

export const files = action(async (ctx) => {
  const id = await ctx.storage.store(await new Response("content").blob());
  const url = await ctx.storage.getUrl(id);
  return await (await fetch(url!)).text();
});
"""
WORK = """\
"use node";
import { api } from "./_generated/api";
import { action } from "./_generated/server";

export const count = action(async (ctx): Promise<number> => {
  const rows = await ctx.runQuery(api.messages.list);
  debugger;
  return rows.length + Buffer.from("x").length;
});
"""
TEST = """\
import pytest
from convex_test import FunctionError

@pytest.mark.convex(timeout=0.2)
def test_all(t):
    t.mutation("messages:send")
    assert t.query("messages:list") == [42]
    assert t.action("work:count") == 2
    assert t.action("messages:files") == "content"
    with pytest.raises(FunctionError) as caught:
        t.query("messages:fail")
    assert caught.value.text == "Uncaught Error: as ever"
    assert (caught.value.frames[0].file, caught.value.frames[0].line) == ("convex/messages.ts", 15)
"""


class Debugger:
    """A client of the inspector."""

    def __init__(self, socket):
        self._socket = socket
        self._last = 0
        self.scripts = {}

    def send(self, method, **params):
        self._last += 1
        self._socket.send(json.dumps({"id": self._last, "method": method, "params": params}))
        return self._last

    def call(self, method, **params):
        """Sends, and waits for the answer."""
        number = self.send(method, **params)
        while True:
            message = self._receive()
            if message.get("id") == number:
                return message["result"]

    def paused(self):
        """Waits until JavaScript stops; the top frame."""
        while True:
            message = self._receive()
            if message.get("method") == "Debugger.paused":
                return message["params"]["callFrames"][0]

    def _receive(self):
        message = json.loads(self._socket.recv(timeout=60))
        if message.get("method") == "Debugger.scriptParsed":
            self.scripts[message["params"]["scriptId"]] = message["params"]
        return message

    def place(self, frame):
        """Where a frame is, by the source map in its script: the file as a URL, and the line."""
        location = frame["location"]
        found = self._map(location["scriptId"]).lookup(location["lineNumber"] + 1, location["columnNumber"] + 1)
        return found.source, found.line

    def script_of(self, frame):
        return self.scripts[frame["location"]["scriptId"]]["url"]

    def text(self, script_id, source):
        """What the source map says that a file holds."""
        raw = self._raw_map(script_id)
        return raw["sourcesContent"][raw["sources"].index(source)]

    def _raw_map(self, script_id):
        return json.loads(b64decode(self.scripts[script_id]["sourceMapURL"].partition("base64,")[2]))

    def _map(self, script_id):
        return SourceMap(json.dumps(self._raw_map(script_id)).encode())


@pytest.fixture
def app(empty_app):
    empty_app.make_project(files={"convex/messages.ts": MESSAGES, "convex/work.ts": WORK})
    empty_app.write({"test_a.py": TEST})
    return empty_app


@pytest.fixture
def running(app):
    """pytest, until it waits for a debugger."""
    command = [sys.executable, "-m", "pytest", "-p", "no:randomly", "-p", "no:cacheprovider", "--convex-inspect=0"]
    started = subprocess.Popen(command, cwd=app.path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    yield started
    started.kill()
    started.communicate()


@contextmanager
def attached(url):
    """A debugger, when JavaScript has stopped before the first function."""
    with connect(url, max_size=None) as socket:
        debugger = Debugger(socket)
        debugger.call("Debugger.enable")
        debugger.send("Runtime.runIfWaitingForDebugger")
        assert debugger.script_of(debugger.paused()) == "convex-test-attached.js"
        yield debugger


def announced(running):
    lines = []
    for line in running.stdout:
        lines.append(line)
        found = re.search(r"any other +(ws://127\.0\.0\.1:\d+/\S+)", line)
        if found:
            return found[1], "".join(lines)
    raise AssertionError("".join(lines))


def test_debugger_statements_stop_in_typescript(app, running):
    url, said = announced(running)
    assert "convex: the tests wait for a debugger." in said
    with attached(url) as debugger:
        debugger.send("Debugger.resume")
        frame = debugger.paused()
        source, line = debugger.place(frame)
        assert (source, line) == ((app.path / "convex" / "messages.ts").resolve().as_uri(), 5)
        assert debugger.text(frame["location"]["scriptId"], source) == MESSAGES
        evaluated = {"callFrameId": frame["callFrameId"], "expression": "secret"}
        assert debugger.call("Debugger.evaluateOnCallFrame", **evaluated)["result"]["value"] == 42

        debugger.send("Debugger.resume")
        source, line = debugger.place(debugger.paused())
        assert (source, line) == ((app.path / "convex" / "work.ts").resolve().as_uri(), 7)

        # Longer than any function may take.
        time.sleep(0.5)
        debugger.send("Debugger.resume")
        output, _ = running.communicate(timeout=60)
    assert running.returncode == 0, output
    assert "1 passed" in output


def test_breakpoints_stop_in_typescript(app, running):
    url, _ = announced(running)
    with attached(url) as debugger:
        scripts = debugger.scripts.items()
        script_id = next(each for each, script in scripts if script["url"].endswith("convex-test-bundle.js"))
        code = debugger.call("Debugger.getScriptSource", scriptId=script_id)["scriptSource"].splitlines()
        at = next(number for number, line in enumerate(code) if "rows.map((row) => row.secret)" in line)
        found = debugger.call("Debugger.setBreakpoint", location={"scriptId": script_id, "lineNumber": at})
        assert found["actualLocation"]["lineNumber"] == at
        debugger.send("Debugger.resume")
        debugger.paused()

        debugger.send("Debugger.resume")
        source, line = debugger.place(debugger.paused())
        assert (source, line) == ((app.path / "convex" / "messages.ts").resolve().as_uri(), 11)

        debugger.call("Debugger.disable")
        output, _ = running.communicate(timeout=60)
    assert running.returncode == 0, output


def test_a_session_that_is_killed_while_it_waits_leaves_no_process(app, running):
    url, _ = announced(running)
    port = int(url.removeprefix("ws://").partition("/")[0].rpartition(":")[2])
    running.kill()
    running.communicate(timeout=60)

    deadline = time.monotonic() + 20
    while is_listening(port) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_listening(port)


def is_listening(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return False
    return True


def test_what_is_no_port(app):
    result = app.run("--convex-inspect", "test_a.py")
    result.stderr.fnmatch_lines(["ERROR: --convex-inspect test_a.py: that is no port. *"])


def test_not_with_xdist(app):
    result = app.run("--convex-inspect", "-n", "2")
    result.stderr.fnmatch_lines(["ERROR: --convex-inspect debugs one process: run without xdist, with -n 0."])


def test_a_port_that_is_taken(app):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = app.run(f"--convex-inspect={port}")

    result.assert_outcomes(failed=1)
    assert f"ProjectError: No debugger can listen on port {port}: " in result.stdout.str()
