"""One Node process with the runner in it: lines go in by stdin and come out by stdout.

A thread reads stdout, because Windows cannot wait for a pipe with a time limit. Lines of the runner begin with a nonce;
what else comes is printed by the program itself and goes to Python's `sys.stdout`. stderr is a file, looked into when
the process has ended. The process ends with its parent: the runner by the end of stdin, and where JavaScript is busy,
by a thread of its own (`prelude/src/node/watch.mjs`).
"""

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
import sys
import tempfile
import threading
from queue import Empty, SimpleQueue
from typing import IO, TYPE_CHECKING, Any, Final, cast

import orjson

from convex_test.engine.prelude_files import runner_path
from convex_test.errors import ProjectError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from convex_test.engine.node.binary import NodeBinary

MEBIBYTE: Final = 1 << 20
MEMORY_LIMIT: Final = 512 * MEBIBYTE
"""What a Node action may use, Node itself included."""

_EXHAUSTED: Final = (b"convex-test: memory limit reached", b"heap out of memory", b"heap limit")
_STRAY: Final = ">"
_TAIL: Final = 4000


class ProcessEnded(Exception):
    """The process is gone.

    Attributes:
        code: its exit code.
        said: the end of what it wrote to stderr.
        out_of_memory: it ended because of that.
    """

    def __init__(self, code: int | None, said: str, *, out_of_memory: bool) -> None:
        super().__init__(code, said)
        self.code = code
        self.said = said
        self.out_of_memory = out_of_memory


class NodeProcess:
    """A running process. Whoever made it closes it.

    Attributes:
        generations: how many bundles it was told to load so far, as they are never unloaded.
        user: whose functions ran there last.
        context: kept by the pool.
        contexts: the places in it, by number.
        announce: is told what the runner says of its own accord.
    """

    def __init__(self, binary: NodeBinary, directory: Path, settings: dict[str, Any]) -> None:
        self.generations: set[tuple[str, int]] = set()
        self.user: object = None
        self.context: Any = None
        self.contexts: dict[int, Any] = {}
        self.announce: Callable[[str], object] = print
        self._parent = os.getpid()
        self._nonce = secrets.token_hex(8)
        self._lines: SimpleQueue[tuple[int, str] | None] = SimpleQueue()
        self._stderr: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - `close` closes it
        self._process = self._start(binary, directory, settings)
        self._stdin = cast("IO[bytes]", self._process.stdin)
        self._stdout = cast("IO[bytes]", self._process.stdout)
        self._reader = threading.Thread(target=self._read, name="convex-test node", daemon=True)
        self._reader.start()

    def _start(self, binary: NodeBinary, directory: Path, settings: dict[str, Any]) -> subprocess.Popen[bytes]:
        # Near a limit of its own V8 would spend its time on garbage; the runner watches the memory.
        memory = 2 * settings["memoryLimit"] // MEBIBYTE
        command = [binary.path, f"--max-old-space-size={memory}", str(runner_path()), self._nonce]
        # An interrupt from the keyboard is Python's business.
        group: dict[str, Any] = {"start_new_session": True}
        if sys.platform == "win32":
            group = {"creationflags": subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP}
        # NODE_OPTIONS and its like would change what is tested.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("NODE_")}
        environment |= {"TZ": "UTC", "PWD": str(directory)}
        try:
            return subprocess.Popen(  # noqa: S603 - the user's own Node
                [*command, orjson.dumps(settings).decode()],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._stderr,
                cwd=directory,
                env=environment,
                **group,
            )
        except OSError as error:
            self._stderr.close()
            raise ProjectError(f"Node.js does not start: {binary.path}: {error.strerror}") from error

    @property
    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def send(self, messages: list[list[Any]]) -> None:
        """Sends messages `[context, command, …]`. Raises `ProcessEnded`."""
        try:
            self._stdin.write(b"".join(orjson.dumps(message) + b"\n" for message in messages))
            self._stdin.flush()
        except OSError:
            raise self._ended() from None

    def receive(self, timeout: float | None) -> tuple[int, str] | None:
        """The next line with its context's number; None when none came in time. Raises `ProcessEnded`."""
        try:
            line = self._lines.get(timeout=None if timeout is None else max(0.0, timeout))
        except Empty:
            return None
        if line is None:
            self._lines.put(None)
            raise self._ended()
        return line

    def close(self) -> None:
        """Ends the process at once."""
        if os.getpid() != self._parent:
            return  # a fork of Python has inherited it
        self._process.kill()
        self._process.wait()
        self._reader.join(1.0)
        if self._reader.is_alive():
            return  # a program that the function has started, and left behind, holds the pipe open
        for pipe in (self._stdin, self._stdout, self._stderr):
            with contextlib.suppress(OSError):  # what was still buffered for a process that is gone
                pipe.close()

    def _read(self) -> None:
        mark = self._nonce.encode()
        for raw in self._stdout:
            before, found, line = raw.rstrip(b"\n").partition(mark)
            if before:
                self._lines.put((0, _stray(before.decode(errors="replace") + "\n")))
            if found:
                context, _, text = line.decode().strip().partition(" ")
                self._lines.put((int(context), text))
        self._lines.put(None)

    def _ended(self) -> ProcessEnded:
        try:
            code: int | None = self._process.wait(5)
        except subprocess.TimeoutExpired:
            code = None
        self._stderr.seek(0)
        said = self._stderr.read()
        return ProcessEnded(
            code, said[-_TAIL:].decode(errors="replace").strip(), out_of_memory=any(sign in said for sign in _EXHAUSTED)
        )


def _stray(text: str) -> str:
    return f"{_STRAY} {orjson.dumps(['stdout', text]).decode()}"


def pass_on(line: str) -> bool:
    """Prints what a program wrote past `console`; False for any other line."""
    if not line.startswith(_STRAY):
        return False
    stream, text = orjson.loads(line.removeprefix(_STRAY))
    (sys.stdout if stream == "stdout" else sys.stderr).write(text)
    return True
