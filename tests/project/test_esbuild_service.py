from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from convex_test.errors import ProjectError
from convex_test.project.esbuild import Esbuild, find_esbuild
from convex_test.project.esbuild_build import BuildRequest, Loaded, LoadHook, Resolved, ResolveHook
from convex_test.project.esbuild_service import build


@pytest.fixture
def esbuild(npm_packages):
    return find_esbuild(npm_packages / "convex")


def request(root, *, resolve=None, load=None, flags=("--bundle", "--format=esm", "--outfile=out.js", "--metafile")):
    resolve_hooks = [ResolveHook("^virtual:", resolve)] if resolve else []
    load_hooks = [LoadHook(".*", "virtual", load)] if load else []
    return BuildRequest("./entry.js", flags, root, resolve_hooks, load_hooks)


def error_of(esbuild, asked, timeout=20.0):
    with pytest.raises(ProjectError) as caught:
        build(esbuild, asked, timeout=timeout)
    return str(caught.value)


def test_a_build_gives_outputs_and_a_metafile(esbuild, write):
    root = write({"entry.js": "export const x = 1"})
    result = build(esbuild, request(root), timeout=20)
    assert result.errors == ()
    assert b"var x = 1" in result.outputs[str(root / "out.js")]
    assert list(result.metafile["inputs"]) == ["entry.js"]


def test_plugins_resolve_and_load(esbuild, write):
    root = write({"entry.js": "import x from 'virtual:thing'; export { x }"})
    questions = []

    def resolve(question, _):
        questions.append(question)
        return Resolved("thing", "virtual")

    result = build(
        esbuild, request(root, resolve=resolve, load=lambda path: Loaded(f"export default '{path}!'", "js")), timeout=20
    )
    assert b"thing!" in result.outputs[str(root / "out.js")]
    (question,) = questions
    assert (question.path, question.kind, Path(question.resolve_dir)) == ("virtual:thing", "import-statement", root)


def test_a_plugin_may_ask_esbuild_while_other_questions_wait(esbuild, write):
    imports = "".join(f"import 'virtual:{number}';" for number in range(300))
    root = write({"entry.js": imports, "real.js": "1"})
    answers = set()

    def resolve(question, ask):
        answers.add(ask("./real", question.resolve_dir))
        answers.add(ask("./nothing", question.resolve_dir))
        return Resolved(question.path, "virtual")

    result = build(esbuild, request(root, resolve=resolve, load=lambda _: Loaded("", "js")), timeout=20)
    assert result.errors == ()
    assert answers == {str(root / "real.js"), None}


def test_large_contents_pass_both_pipes(esbuild, write):
    root = write({"entry.js": "".join(f"export * as m{n} from 'virtual:{n}';" for n in range(20))})
    text = "x" * 1_000_000
    asked = request(
        root,
        resolve=lambda q, _: Resolved(q.path, "virtual"),
        load=lambda _: Loaded(f"export const s = '{text}'", "js"),
    )
    result = build(esbuild, asked, timeout=60)
    assert len(result.outputs[str(root / "out.js")]) > 20_000_000


def test_a_plugin_may_refuse_an_import(esbuild, write):
    root = write({"entry.js": "import 'virtual:x'"})
    result = build(esbuild, request(root, resolve=lambda *_: Resolved(error="no such thing")), timeout=20)
    (message,) = result.errors
    assert (message.text, message.file, message.line, message.column) == ("no such thing", "entry.js", 1, 7)


def test_what_a_plugin_raises_comes_out_unchanged(esbuild, write):
    root = write({"entry.js": "import 'virtual:x'"})

    def resolve(*_):
        raise LookupError("mine")

    with pytest.raises(LookupError, match=r"^mine$"):
        build(esbuild, request(root, resolve=resolve), timeout=20)


def test_all_errors_are_given_with_places(esbuild, write):
    root = write({"entry.js": "".join(f"import './no{number}';\n" for number in range(50))})
    result = build(esbuild, request(root), timeout=20)
    assert sorted(message.line for message in result.errors) == list(range(1, 51))


def test_a_flag_that_esbuild_does_not_know(esbuild, write):
    root = write({"entry.js": ""})
    assert error_of(esbuild, request(root, flags=("--nonsense",))).startswith(
        f'esbuild {esbuild.version} refused the build: Invalid build flag: "--nonsense"'
    )


def test_a_binary_that_is_not_there(write):
    root = write({"entry.js": ""})
    missing = Esbuild(root / "esbuild", "0.27.0")
    assert error_of(missing, request(root)) == f"esbuild does not start: {root / 'esbuild'}: No such file or directory"


def test_a_binary_of_another_version(esbuild, write):
    root = write({"entry.js": ""})
    text = error_of(Esbuild(esbuild.path, "0.0.1"), request(root))
    assert text.startswith(f"esbuild ({esbuild.path}) ended in the middle of a build with exit code 1:\n")
    assert "0.0.1" in text


def test_a_binary_that_is_something_else(write):
    root = write({"entry.js": ""})
    python = Path(sys.executable)
    text = error_of(Esbuild(python, "0.27.0"), request(root))
    assert text.startswith(f"esbuild ({python}) ended in the middle of a build with exit code 2:\n")
    assert "--service" in text


def test_a_build_that_takes_too_long_is_ended(esbuild, write):
    root = write({"entry.js": "import 'virtual:x'"})

    def resolve(*_):
        time.sleep(0.6)
        return Resolved("x", "virtual")

    asked = request(root, resolve=resolve, load=lambda _: Loaded("", "js"))
    assert error_of(esbuild, asked, timeout=0.3) == f"esbuild ({esbuild.path}) did not finish within 0.3 seconds."


def test_an_esbuild_that_says_nothing_is_ended(esbuild, write, monkeypatch):
    root = write({"entry.js": ""})
    monkeypatch.setattr("convex_test.project.esbuild_service.encode_packet", lambda _: b"")
    started = time.monotonic()
    assert error_of(esbuild, request(root), timeout=0.3) == (
        f"esbuild ({esbuild.path}) did not finish within 0.3 seconds."
    )
    assert time.monotonic() - started < 10


def test_another_protocol_is_an_error(esbuild, write, monkeypatch):
    root = write({"entry.js": ""})
    monkeypatch.setattr("convex_test.project.esbuild_service._Service._next_body", lambda _: b"\x00\x00\x00\x00\x09")
    assert error_of(esbuild, request(root)) == (
        f"esbuild {esbuild.version} speaks another protocol: not a packet: unknown tag 9"
    )
