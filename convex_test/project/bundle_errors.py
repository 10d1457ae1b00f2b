"""The text of a `ProjectError` for a bundle that esbuild could not build: what, where, and what to do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import orjson

from convex_test.project.esbuild import node_modules_above
from convex_test.project.layout import install_command
from convex_test.project.source_paths import package_of, readable_source

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from convex_test.project.esbuild_build import Message
    from convex_test.project.layout import Layout

USE_NODE_ADVICE = (
    'It looks like you are using Node APIs from a file without the "use node" directive.\n'
    "Split out actions using Node.js APIs like this into a new file only containing actions that uses "
    '"use node" so these actions will run in a Node.js environment.\n'
    "For more information see https://docs.convex.dev/functions/runtimes#nodejs-runtime"
)
"""What `doEsbuild` in `src/bundler/index.ts` of the npm package `convex` prints."""

_TYPES_ONLY_ADVICE = (
    "_generated/dataModel holds types only and does not exist at run time: import from it with `import type`."
)
_TOP_LEVEL_AWAIT_ADVICE = "Convex does not deploy it either: Top-level awaits in source files are unsupported"
_FOR_NODE = "Are you trying to bundle for node?"
_BUNDLER_NOTES = ("You can mark the path ", _FOR_NODE, 'Use "platform', "'require.resolve")
_UNRESOLVED = re.compile(r'Could not resolve "(.+)"')
_PACKAGE = re.compile(r"(?:@[\w.-]+/)?[a-zA-Z0-9_][\w.-]*")
_WINDOW = 120


def bundle_error_text(messages: Sequence[Message], layout: Layout) -> str:
    """All of `messages`, each with its place and source line, and advice on what can be advised on."""
    count = "1 error" if len(messages) == 1 else f"{len(messages)} errors"
    head = f"The functions in {layout.functions_dir} cannot be bundled: {count}."
    advice = dict.fromkeys(text for message in messages for text in _advice(message, layout))
    return "\n\n".join([head, *map(describe, messages), *advice])


def describe(message: Message) -> str:
    """One message of esbuild as `file:line:column: text`, followed by the source line with a caret and by notes."""
    lines = [message.text]
    if message.file:
        before = message.line_text.encode()[: message.column].decode(errors="ignore")
        lines = [f"{readable_source(message.file)}:{message.line}:{len(before) + 1}: {message.text}"]
        lines += _excerpt(message.line, message.line_text, len(before))
    lines += [f"    {note}" for note in message.notes if not note.startswith(_BUNDLER_NOTES) and _FOR_NODE not in note]
    return "\n".join(lines)


def _excerpt(number: int, text: str, at: int) -> list[str]:
    """The source line and a caret under character `at`; of an overlong line only the part around it."""
    text = text.splitlines()[0] if text else ""
    if not text.strip():
        return []
    if len(text) > _WINDOW:
        start = max(0, min(at - _WINDOW // 2, len(text) - _WINDOW))
        text, at = text[start : start + _WINDOW], at - start
    blank = "".join("\t" if character == "\t" else " " for character in text[:at])
    gutter = f"    {number} │ "
    return [gutter + text, f"    {' ' * len(str(number))} │ {blank}^"]


def _advice(message: Message, layout: Layout) -> Iterator[str]:
    if any(_FOR_NODE in note for note in message.notes):
        yield USE_NODE_ADVICE
        return
    if message.text.startswith("Top-level await is currently not supported"):
        yield _TOP_LEVEL_AWAIT_ADVICE
    unresolved = _UNRESOLVED.match(message.text)
    if unresolved:
        if re.search(r"_generated/dataModel(\.\w+)?$", unresolved[1]):
            yield _TYPES_ONLY_ADVICE
        yield from _package_advice(unresolved[1], layout)


def _package_advice(imported: str, layout: Layout) -> Iterator[str]:
    name = package_of(f"x/node_modules/{imported}")
    if not name or not _PACKAGE.fullmatch(name) or imported.startswith((".", "/", "#", "~")):
        return
    places = [folder / name for folder in node_modules_above(layout.functions_dir)]
    if any(place.exists() for place in places):
        return
    dangling = next((place for place in places if place.is_symlink()), None)
    if dangling is not None:
        # A package of a workspace whose build output is what gets linked.
        yield f"{dangling} is a link to {dangling.readlink()}, which does not exist: build that package first."
        return
    command = install_command(layout.root)
    if name not in _dependencies(layout):
        command = f"npm install {name}" if command.startswith("npm") else f"{command.split()[0]} add {name}"
    yield f"The npm package {name} is not installed. Run `{command}` in {layout.root}."


def _dependencies(layout: Layout) -> set[str]:
    try:
        manifest = orjson.loads((layout.root / "package.json").read_bytes())
        return {name for key in ("dependencies", "devDependencies") for name in manifest.get(key) or {}}
    except (OSError, ValueError, AttributeError, TypeError):
        return set()
