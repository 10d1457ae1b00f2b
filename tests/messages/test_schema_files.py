from __future__ import annotations

import pytest

from convex_test import ProjectError, load_project
from convex_test.functions import loading

IMPORTS = 'import { defineSchema, defineTable } from "convex/server";\nimport { v } from "convex/values";\n'
HEAD = "Hit an error while evaluating your schema:\n"
MORE = "To learn more, see the schema documentation at https://docs.convex.dev/database/schemas."


@pytest.fixture
def error_of(write_app, failure):
    """Loads a project with this schema file and opens a `t`; the error."""

    def call(schema):
        project = load_project(write_app({"convex/schema.ts": schema}))
        return failure(ProjectError, project.test().__enter__)

    return call


@pytest.mark.parametrize(
    ("definition", "text"),
    [
        ("_secret: defineTable({})", "_secret is a reserved table name."),
        (
            't: defineTable({ a: v.string() }).index("by_id", ["a"])',
            'In table "t" cannot name an index "by_id" because the name is reserved. Indexes may not start with an '
            'underscore or be named "by_id" or "by_creation_time".',
        ),
        (
            't: defineTable({ a: v.string() }).index("by_b", ["b" as any])',
            'In table "t" the index "by_b" is invalid because it references the field "b" that does not exist.',
        ),
    ],
)
def test_a_schema_that_breaks_a_rule(error_of, definition, text):
    error = error_of(f"{IMPORTS}export default defineSchema({{ {definition} }});\n")
    assert str(error) == f"{HEAD}{text}\n\nThe schema is convex/schema.ts."


def test_a_schema_file_that_throws(error_of):
    error = error_of(f'{IMPORTS}throw new Error("no schema today");\nexport default defineSchema({{}});\n')
    assert str(error) == f"{HEAD}Uncaught Error: no schema today\n    at convex/schema.ts (convex/schema.ts:3:11)"


def test_a_schema_file_whose_validator_throws(error_of):
    error = error_of(f"{IMPORTS}export default defineSchema({{ t: defineTable({{ a: v.id(undefined as any) }}) }});\n")
    assert str(error) == (
        f"{HEAD}Uncaught Error: v.id(tableName) requires a string\n    at convex/schema.ts (convex/schema.ts:3:56)"
    )


def test_a_schema_file_without_a_default_export(error_of):
    error = error_of("export const schema = 1;\n")
    assert str(error) == f"{HEAD}Schema file missing default export. {MORE}\n    at convex/schema.ts"


def test_a_schema_file_with_another_default_export(error_of):
    error = error_of("export default { tables: {} };\n")
    assert str(error) == f"{HEAD}Default export from schema file isn't a Convex schema. {MORE}\n    at convex/schema.ts"


def test_a_schema_file_that_reads_the_environment(error_of):
    error = error_of(
        f"{IMPORTS}const strict = process.env.STRICT;\n"
        "export default defineSchema({}, { schemaValidation: strict === undefined });\n"
    )
    assert str(error).startswith(f"{HEAD}Uncaught Error: Environment variables unsupported when evaluating schema")


def test_a_schema_file_that_does_not_come_to_an_end(error_of, monkeypatch):
    monkeypatch.setattr(loading, "LOAD_TIMEOUT", 0.3)
    assert str(error_of(f"{IMPORTS}while (true);\nexport default defineSchema({{}});\n")) == (
        "convex/schema.ts does not come to an end while it loads: it was stopped after 0.3 s. "
        "Look for a loop at the top level of this module or of one that it imports."
    )


def test_a_schema_file_that_fills_the_memory(error_of):
    error = error_of(
        f"{IMPORTS}const all = [];\nfor (;;) all.push({{ a: [1] }});\nexport default defineSchema({{}});\n"
    )
    assert str(error).startswith("convex/schema.ts uses up all memory while it loads.")


def test_a_broken_schema_breaks_every_test(write_app, failure):
    project = load_project(write_app({"convex/schema.ts": "export const schema = 1;\n"}))
    first = failure(ProjectError, project.test().__enter__)
    assert str(failure(ProjectError, project.test().__enter__)) == str(first)
