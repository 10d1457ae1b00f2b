"""One build by an esbuild process, driven through its service protocol.

Like the npm package `esbuild` this starts `esbuild --service=<version> --ping` and exchanges packets, which gives
what the command line does not: structured errors and plugins. The process lives for one build. A watchdog kills it at
the deadline, and that ends every read and write that could block; its stderr goes to a file, so nothing waits for
that either.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
import threading
from collections import deque
from typing import IO, TYPE_CHECKING, Any, Self, cast

import orjson

from convex_test.errors import ProjectError
from convex_test.project.esbuild_build import BuildResult, ImportRequest, Message
from convex_test.project.esbuild_protocol import Packet, PacketSplitter, ProtocolError, decode_packet, encode_packet

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from convex_test.project.esbuild import Esbuild
    from convex_test.project.esbuild_build import BuildRequest, LoadHook, ResolveHook

_CHUNK = 1 << 16
_BUILD_KEY = 0


def build(esbuild: Esbuild, request: BuildRequest, *, timeout: float) -> BuildResult:
    """Run one build. `timeout` is in seconds.

    Raises `ProjectError` when esbuild does not start, dies, or takes too long. What a hook raises comes out unchanged.
    """
    with _Service(esbuild, timeout) as service:
        return service.build(request)


class _Service:
    """A running esbuild process and the two ends of its pipe."""

    def __init__(self, esbuild: Esbuild, timeout: float) -> None:
        self._path = esbuild.path
        self._version = esbuild.version
        self._timeout = timeout
        self._timed_out = False
        self._stderr: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - __exit__ closes it
        self._started_ns = os.fstat(self._stderr.fileno()).st_mtime_ns
        self._bodies: deque[bytes] = deque()
        self._postponed: deque[Packet] = deque()
        self._splitter = PacketSplitter()
        self._next_id = 0
        self._resolve_hooks: Sequence[ResolveHook] = ()
        self._load_hooks: Sequence[LoadHook] = ()
        self._process = self._start()
        self._stdin = cast("IO[bytes]", self._process.stdin)
        self._stdout = cast("IO[bytes]", self._process.stdout)
        self._watchdog = threading.Timer(timeout, self._expire)
        self._watchdog.daemon = True

    def _start(self) -> subprocess.Popen[bytes]:
        command = [str(self._path), f"--service={self._version}", "--ping"]
        flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # Windows has it
        try:
            return subprocess.Popen(  # noqa: S603 - the project's own esbuild
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._stderr,
                creationflags=flags,
            )
        except OSError as error:
            self._stderr.close()
            raise ProjectError(f"esbuild does not start: {self._path}: {error.strerror}") from error

    def __enter__(self) -> Self:
        self._watchdog.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._watchdog.cancel()
        self._process.kill()
        self._process.wait()
        for pipe in (self._stdin, self._stdout, self._stderr):
            _close(pipe)

    def _expire(self) -> None:
        self._timed_out = True
        self._process.kill()

    def build(self, request: BuildRequest) -> BuildResult:
        self._resolve_hooks, self._load_hooks = request.resolve_hooks, request.load_hooks
        self._next_body()  # the version; a binary of another version has ended with an error already
        response = self._request(_build_command(request))
        return BuildResult(
            errors=tuple(map(_message, response["errors"])),
            warnings=tuple(map(_message, response["warnings"])),
            outputs={file["path"]: file["contents"] for file in response.get("outputFiles") or ()},
            metafile=orjson.loads(response.get("metafile") or b"{}"),
            started_ns=self._started_ns,
        )

    def _request(self, value: dict[str, Any], *, postpone: bool = False) -> dict[str, Any]:
        """Send a request and answer esbuild's own until the response is there.

        With `postpone` those of plugins wait: they must not nest, and a request made inside a hook does not need them,
        except that esbuild asks the hooks about its import too. It has no importer; they have nothing to say about it.
        """
        request_id = self._next_id
        self._next_id += 1
        self._send(Packet(request_id, True, value))
        while True:
            packet = self._receive(take_postponed=not postpone)
            if not packet.is_request:
                if packet.id == request_id:
                    return self._checked(packet.value)
            elif postpone and packet.value["command"] == "on-resolve" and not packet.value["importer"]:
                self._send(Packet(packet.id, False, {}))
            elif postpone and packet.value["command"] != "ping":
                self._postponed.append(packet)
            else:
                self._send(Packet(packet.id, False, self._answer(packet.value)))

    def _checked(self, response: dict[str, Any]) -> dict[str, Any]:
        if response.get("error"):
            raise ProjectError(f"esbuild {self._version} refused the build: {response['error']}")
        return response

    def _answer(self, request: dict[str, Any]) -> dict[str, Any]:
        match request["command"]:
            case "ping":
                return {}
            case "on-start":
                return {"errors": [], "warnings": []}
            case "on-resolve":
                return self._on_resolve(request)
            case "on-load":
                return self._on_load(request)
            case other:
                raise ProjectError(f"esbuild {self._version} asked for {other!r}, which is not supported.")

    def _on_resolve(self, request: dict[str, Any]) -> dict[str, Any]:
        question = ImportRequest(
            request["path"], request["importer"], request["namespace"], request["resolveDir"], request["kind"]
        )
        for hook_id in request["ids"]:
            answer = self._resolve_hooks[hook_id].answer(question, self._resolve)
            if answer and answer.error is not None:
                return {"id": hook_id, "errors": [_plugin_error(answer.error)]}
            if answer and answer.external:
                return {"id": hook_id, "path": answer.path, "external": True}
            if answer:
                return {"id": hook_id, "path": answer.path, "namespace": answer.namespace}
        return {}

    def _on_load(self, request: dict[str, Any]) -> dict[str, Any]:
        for hook_id in request["ids"]:
            answer = self._load_hooks[hook_id - len(self._resolve_hooks)].answer(request["path"])
            if answer:
                response = {"id": hook_id, "contents": answer.contents.encode("utf-8"), "loader": answer.loader}
                return response if answer.resolve_dir is None else response | {"resolveDir": answer.resolve_dir}
        return {}

    def _resolve(self, path: str, resolve_dir: str) -> str | None:
        response = self._request(
            {
                "command": "resolve",
                "key": _BUILD_KEY,
                "path": path,
                "pluginName": "convex-test",
                "importer": "",
                "namespace": "file",
                "resolveDir": resolve_dir,
                "kind": "import-statement",
            },
            postpone=True,
        )
        return None if response["errors"] else str(response["path"])

    def _send(self, packet: Packet) -> None:
        try:
            self._stdin.write(encode_packet(packet))
            self._stdin.flush()
        except OSError as error:
            raise self._ended() from error

    def _receive(self, *, take_postponed: bool) -> Packet:
        if take_postponed and self._postponed:
            return self._postponed.popleft()
        body = self._next_body()
        try:
            return decode_packet(body)
        except ProtocolError as error:
            raise ProjectError(f"esbuild {self._version} speaks another protocol: {error}") from error

    def _next_body(self) -> bytes:
        while not self._bodies:
            chunk = os.read(self._stdout.fileno(), _CHUNK)
            if not chunk:
                raise self._ended()
            self._bodies.extend(self._splitter.feed(chunk))
        return self._bodies.popleft()

    def _ended(self) -> ProjectError:
        if self._timed_out:
            return ProjectError(f"esbuild ({self._path}) did not finish within {self._timeout:g} seconds.")
        code = self._process.wait()
        self._stderr.seek(0)
        said = self._stderr.read().decode("utf-8", errors="replace").strip()
        return ProjectError(
            f"esbuild ({self._path}) ended in the middle of a build with exit code {code}"
            + (f":\n{said}" if said else " and said nothing.")
        )


def _close(pipe: IO[bytes]) -> None:
    with contextlib.suppress(OSError):  # what was still buffered for a process that is gone
        pipe.close()


def _build_command(request: BuildRequest) -> dict[str, Any]:
    resolve_count = len(request.resolve_hooks)
    plugin = {
        "name": "convex-test",
        "onStart": False,
        "onEnd": False,
        "onResolve": [
            {"id": index, "filter": hook.filter, "namespace": ""} for index, hook in enumerate(request.resolve_hooks)
        ],
        "onLoad": [
            {"id": index, "filter": hook.filter, "namespace": hook.namespace}
            for index, hook in enumerate(request.load_hooks, resolve_count)
        ],
    }
    return {
        "command": "build",
        "key": _BUILD_KEY,
        "entries": [["", request.entry]],
        "flags": [*request.flags, "--log-level=silent", "--log-limit=0", "--color=false"],
        "write": False,
        "stdinContents": None,
        "stdinResolveDir": None,
        "absWorkingDir": str(request.working_dir),
        "nodePaths": [],
        "context": False,
        "plugins": [plugin],
    }


def _plugin_error(text: str) -> dict[str, Any]:
    return {"id": "", "pluginName": "", "text": text, "location": None, "notes": [], "detail": -1}


def _message(raw: dict[str, Any]) -> Message:
    place = raw.get("location") or {}
    return Message(
        text=raw["text"],
        file=place.get("file", ""),
        line=place.get("line", 0),
        column=place.get("column", 0),
        line_text=place.get("lineText", ""),
        notes=tuple(note["text"] for note in raw.get("notes") or ()),
    )
