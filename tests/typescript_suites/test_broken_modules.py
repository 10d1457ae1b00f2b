"""Modules that a glob finds and no test loads: one that cannot be bundled spoils no other."""

from __future__ import annotations

import pytest

TEST = """\
import { convexTest } from "convex-test";
import { expect, test } from "vitest";
import { api } from "../convex/_generated/api";

const modules = import.meta.glob("../convex/**/*.*s");

test("others are there", async () => {
  expect(await convexTest(undefined, modules).query(api.notes.list)).toEqual([]);
});
test("it is not", async () => {
  await expect(convexTest(undefined, modules).query((api as any).broken.list)).rejects.toThrow("MESSAGE");
});
"""


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ('import { x } from "not-installed";\nexport const list = x;\n', "Cannot find module 'not-installed'"),
        ('import { x } from "./schema";\nexport const list = x;\n', "broken.ts:1: No matching export"),
        ('import fs from "node:fs";\nexport const list = fs;\n', "not supported: the Node.js module node:fs"),
        ("export const = 1;\n", "broken.ts:1: Expected identifier"),
    ],
    ids=["a package that is not installed", "a name that is not exported", "a Node module", "bad syntax"],
)
def test_a_module_that_cannot_be_bundled_throws_when_it_is_loaded(conformance, run_file, source, message):
    (conformance / "convex" / "broken.ts").write_text(source)
    (conformance / "convex" / "also_broken.ts").write_text(source.replace("list", "other"))
    path = conformance / "tests" / "broken.test.ts"
    path.write_text(TEST.replace("MESSAGE", message))

    outcomes = run_file(path)

    assert outcomes["others are there"].state == "passed"
    # What a module throws while it loads is no answer of a function: the test fails, and says why.
    failed = outcomes["it is not"]
    assert failed.state == "failed"
    assert message in failed.errors[0].message
