"""What a push would refuse is refused when the first backend is made: Convex's text, and the file."""

from __future__ import annotations

import pytest

from convex_test import ProjectError

EVALUATING = "Hit an error while evaluating your schema:\n"
FILE = "\n\nThe schema is convex/schema.ts."
SCHEMA_DOCS = "To learn more, see the schema documentation at https://docs.convex.dev/database/schemas."


@pytest.fixture
def load_schema(make_project):
    """Makes a backend with this schema file."""

    def load(source):
        project = make_project({"convex/schema.ts": source})
        with project.test():
            pass

    return load


@pytest.fixture
def load_tables(load_schema):
    def load(tables, options=""):
        load_schema(
            f"""
            import {{ defineSchema, defineTable }} from "convex/server";
            import {{ v }} from "convex/values";
            const fields = {{ a: v.string(), b: v.number(), c: v.optional(v.object({{ d: v.string() }})),
              list: v.array(v.float64()), words: v.array(v.string()) }};
            export default defineSchema({{ {tables} }} as any{options});
            """
        )

    return load


def refusal(load, *args):
    with pytest.raises(ProjectError) as caught:
        load(*args)
    return str(caught.value)


def fields(count):
    return ", ".join(f"f{n}: v.string()" for n in range(count)), ", ".join(f'"f{n}"' for n in range(count))


MANY_FIELDS, MANY_NAMES = fields(17)
T = 'In table "t": '
REFUSED = {
    "table name": (
        '"x-y": defineTable(fields)',
        'Invalid table name: "x-y". Identifiers must start with a letter and can only contain letters, digits, and '
        "underscores.",
    ),
    "empty table name": (
        '"": defineTable(fields)',
        'Invalid table name: "". Identifiers must start with a letter and can only contain letters, digits, and '
        "underscores.",
    ),
    "reserved table name": ("_x: defineTable(fields)", "_x is a reserved table name."),
    "index name": (
        't: defineTable(fields).index("x-y", ["a"])',
        f'{T}Invalid index name: "x-y". Identifiers must be 64 characters or less, start with a letter, and only '
        "contain "
        "letters, digits, underscores.",
    ),
    "long index name": (
        f't: defineTable(fields).index("{"i" * 65}", ["a"])',
        f'{T}Invalid index name: "{"i" * 65}". Identifiers must be 64 characters or less, start with a letter, '
        "and only "
        "contain letters, digits, underscores.",
    ),
    **{
        f"reserved index name {name}": (
            f't: defineTable(fields).index("{name}", ["a"])',
            f'In table "t" cannot name an index "{name}" because the name is reserved. Indexes may not start with an '
            'underscore or be named "by_id" or "by_creation_time".',
        )
        for name in ("by_id", "by_creation_time", "_x")
    },
    "reserved search index name": (
        't: defineTable(fields).searchIndex("by_id", { searchField: "a" })',
        'In table "t" cannot name an index "by_id" because the name is reserved. Indexes may not start with an '
        "underscore "
        'or be named "by_id" or "by_creation_time".',
    ),
    "two indexes of the same fields": (
        't: defineTable(fields).index("y", ["a", "b"]).index("x", ["a", "b"])',
        'In table "t" index "y" and index "x" have the same fields. Indexes must be unique within a table.',
    ),
    "index and search index of one name": (
        't: defineTable(fields).index("x", ["a"]).searchIndex("x", { searchField: "a" })',
        'Table "t" has two or more definitions of index "x".',
    ),
    "two indexes of one name": (
        't: defineTable(fields).index("x", ["a"]).index("x", ["b"])',
        'Table "t" has two or more definitions of index "x".',
    ),
    "two search indexes of one field": (
        't: defineTable(fields).searchIndex("x", { searchField: "a" }).searchIndex("y", { searchField: "a" })',
        'In table "t" search index "y" and search index "x" have the same `searchField`. Search index fields must be '
        "unique within a table. You should combine the\n             indexes with the same `searchField` into "
        "one index "
        "containing all `filterField`s and then use different subsets of the `filterField`s at query time.",
    ),
    "two vector indexes of one field": (
        't: defineTable(fields).vectorIndex("x", { vectorField: "list", dimensions: 3 })'
        '.vectorIndex("y", { vectorField: "list", dimensions: 3 })',
        'In table "t" vector index "y" and vector index "x" have the same `vectorField`. Vector index fields must be '
        "unique within a table. You should combine the\n             indexes with the same `vectorField` into "
        "one index "
        "containing all `filterField`s and then use different subsets of the `filterField`s at query time.",
    ),
    "empty index": (
        't: defineTable(fields).index("x", [] as any)',
        'In table "t" index "x" must have at least one field.',
    ),
    "duplicate field": (
        't: defineTable(fields).index("x", ["a", "b", "a"])',
        f'{T}In index "x": Duplicate field "a". Index fields must be unique within an index.',
    ),
    "_id": (
        't: defineTable(fields).index("x", ["_id" as any])',
        f'{T}In index "x": `_id` is not a valid index field. To load documents by ID, use `db.get(id)`.',
    ),
    "_creationTime": (
        't: defineTable(fields).index("x", ["a", "_creationTime" as any])',
        "`_creationTime` is automatically added to the end of each index. It should not be added explicitly in "
        "the index "
        "definition. See https://docs.convex.dev/using/indexes for more details.",
    ),
    "reserved field": (
        't: defineTable(fields).index("x", ["_y" as any])',
        "Reserved fields (starting with `_`) are not allowed in indexes.",
    ),
    "17 fields": (
        f't: defineTable({{ {MANY_FIELDS} }}).index("x", [{MANY_NAMES}])',
        f'{T}In index "x": Indexes may have up to 16 fields.',
    ),
    "16 fields": (
        f't: defineTable({{ {fields(16)[0]} }}).index("x", [{fields(16)[1]}])',
        "Indexes may have up to 16 fields.",
    ),
    "17 filter fields": (
        f't: defineTable({{ {MANY_FIELDS} }}).searchIndex("x", {{ searchField: "f0", filterFields: [{MANY_NAMES}] }})',
        f"{T}Search indexes may have up to 16 filter fields.",
    ),
    "65 indexes": (
        f"t: defineTable({{ {fields(65)[0]} }})" + "".join(f'.index("i{n}", ["f{n}"])' for n in range(65)),
        'Table "t" cannot have more than 64 indexes.',
    ),
    "bad field path": (
        't: defineTable(fields).index("x", ["a b" as any])',
        f'{T}In index "x": Invalid index field: "a b"',
    ),
    **{
        f"{dimensions} dimensions": (
            f't: defineTable(fields).vectorIndex("x", {{ vectorField: "list", dimensions: {dimensions} }})',
            f"{T}Dimensions {dimensions} must be between 2 and 4096.",
        )
        for dimensions in (1, 4097)
    },
    "unknown field": (
        't: defineTable(fields).index("x", ["nope" as any])',
        'In table "t" the index "x" is invalid because it references the field "nope" that does not exist.',
    ),
    "unknown nested field": (
        't: defineTable(fields).index("x", ["c.nope" as any])',
        'In table "t" the index "x" is invalid because it references the field "c.nope" that does not exist.',
    ),
    "unknown search field": (
        't: defineTable(fields).searchIndex("x", { searchField: "nope" as any })',
        'In table "t" the index "x" is invalid because it references the field "nope" that does not exist.',
    ),
    "unknown filter field": (
        't: defineTable(fields).searchIndex("x", { searchField: "a", filterFields: ["nope" as any] })',
        'In table "t" the index "x" is invalid because it references the field "nope" that does not exist.',
    ),
    "unknown vector field": (
        't: defineTable(fields).vectorIndex("x", { vectorField: "nope" as any, dimensions: 3 })',
        'In table "t" the index "x" is invalid because it references the field "nope" that does not exist.',
    ),
    "vector field of another type": (
        't: defineTable(fields).vectorIndex("x", { vectorField: "words", dimensions: 3 })',
        'In table "t" the vector index "x" is invalid because it references the field "words" that is neither an '
        "array of "
        "float64 or optional array of float64.",
    ),
    "document validator": (
        "t: defineTable(v.string() as any)",
        "The document validator in a schema must be an object, a union of objects, or `v.any()`. Found v.string(). "
        f"{SCHEMA_DOCS}",
    ),
    "union with something else": (
        "t: defineTable(v.union(v.object({}), v.null()) as any)",
        "The document validator in a schema must be an object, a union of objects, or `v.any()`. Found v.null(). "
        f"{SCHEMA_DOCS}",
    ),
    "record key": (
        "t: defineTable({ r: v.record(v.number() as any, v.string()) })",
        "Invalid validator for key `r`: Records can only have string keys. Your validator contains a record with "
        "key typed "
        "as `v.float64()`, which is not a subtype of `v.string()`",
    ),
    "literal record key": (
        't: defineTable({ r: v.record(v.literal("x") as any, v.string()) })',
        "Invalid validator for key `r`: Records cannot have string literal keys",
    ),
    "field name": (
        't: defineTable({ "a b": v.string() })',
        "Identifier a b has invalid character ' ': Identifiers can only contain alphanumeric characters or underscores",
    ),
    "infinite literal": (
        "t: defineTable({ a: v.literal(Infinity) })",
        "Invalid validator for key `a`: Infinite or NaN values are not supported in literal validators.",
    ),
}


@pytest.mark.parametrize(("tables", "text"), REFUSED.values(), ids=list(REFUSED))
def test_a_schema_that_breaks_a_rule_is_refused(load_tables, tables, text):
    assert refusal(load_tables, tables) == EVALUATING + text + FILE


ACCEPTED = {
    "nothing": "",
    "15 fields": f't: defineTable({{ {fields(15)[0]} }}).index("x", [{fields(15)[1]}])',
    "64 indexes": f"t: defineTable({{ {fields(64)[0]} }})" + "".join(f'.index("i{n}", ["f{n}"])' for n in range(64)),
    "nested index field": 't: defineTable(fields).index("x", ["c.d"])',
    "a prefix of another index": 't: defineTable(fields).index("x", ["a"]).index("y", ["a", "b"])',
    "any": 't: defineTable(v.any()).index("x", ["whatever.it.is"])',
    "a union in which one member has the field": (
        't: defineTable(v.union(v.object({ a: v.string() }), v.object({ b: v.string() }))).index("x", ["b"])'
    ),
    "dimensions": (
        't: defineTable(fields).vectorIndex("x", { vectorField: "list", dimensions: 2, filterFields: ["nope" as any] })'
    ),
    "names of every sort": "T_1: defineTable(fields), _1_: undefined".replace(", _1_: undefined", ""),
}


@pytest.mark.parametrize("tables", ACCEPTED.values(), ids=list(ACCEPTED))
def test_a_schema_that_keeps_the_rules_is_loaded(load_tables, tables):
    load_tables(tables)


def test_fields_of_indexes_are_not_looked_up_without_schema_validation(load_tables):
    load_tables('t: defineTable(fields).index("x", ["nope" as any])', ", { schemaValidation: false }")


def test_the_first_table_in_the_order_of_the_file_is_reported(load_tables):
    tables = 'z: defineTable(fields).index("x", []  as any), a: defineTable(fields).index("y", [] as any)'
    assert refusal(load_tables, tables) == f'{EVALUATING}In table "z" index "x" must have at least one field.{FILE}'


# npm's own checks, made while the file is evaluated

EVALUATED = {
    "literal": ("v.literal(null as any)", "v.literal(value) must be a string, number, or boolean"),
    "id": ("v.id(5 as any)", "v.id(tableName) requires a string"),
    "entry": ("v.object({ a: 5 as any })", "v.object() entries must be validators"),
    "member": ("v.union(5 as any)", "All members of v.union() must be validators"),
    "optional key": ("v.record(v.optional(v.string()) as any, v.any())", "Record validator cannot have optional keys"),
    "optional value": (
        "v.record(v.string(), v.optional(v.any()) as any)",
        "Record validator cannot have optional values",
    ),
    "undefined": (
        "v.object({ x: undefined as any })",
        'A validator is undefined for field "x" in v.object(). This is often caused by circular imports. See '
        "https://docs.convex.dev/error#undefined-validator for details.",
    ),
    "thrown": ("(() => { throw new Error('no') })()", "no"),
}


@pytest.mark.parametrize(("validator", "text"), EVALUATED.values(), ids=list(EVALUATED))
def test_an_error_while_the_schema_is_evaluated(load_tables, validator, text):
    message = refusal(load_tables, f"t: defineTable({{ field: {validator} }})")
    first, *frames = message.removeprefix(EVALUATING).split("\n")
    assert message.startswith(EVALUATING)
    assert first == f"Uncaught Error: {text}"
    assert any("convex/schema.ts:6:" in frame for frame in frames)


@pytest.mark.parametrize("source", ["export const schema = 1;", "export default null;", "export default undefined;"])
def test_a_schema_file_without_default_export(load_schema, source):
    message = refusal(load_schema, source)
    assert message.startswith(f"{EVALUATING}Schema file missing default export. {SCHEMA_DOCS}\n")
    assert "convex/schema.ts" in message


@pytest.mark.parametrize("value", ["{}", "5", "{ tables: {} }", "{ export: 5 }", "{ export: () => 5 }"])
def test_a_default_export_that_is_no_schema(load_schema, value):
    message = refusal(load_schema, f"export default {value};")
    assert message.startswith(f"{EVALUATING}Default export from schema file isn't a Convex schema. {SCHEMA_DOCS}\n")
    assert "convex/schema.ts" in message


def test_a_project_without_schema_takes_everything(make_project):
    with make_project({}).test() as t:
        t.run(lambda ctx: ctx.db.insert("anything", {"a": [None]}))


def test_the_error_comes_again_for_each_backend(make_project):
    project = make_project({"convex/schema.ts": "export default 5;"})
    texts = []
    for _ in range(2):
        with pytest.raises(ProjectError) as caught, project.test():
            pass
        texts.append(str(caught.value))
    assert texts[0] == texts[1]


# Validators of functions

FUNCTIONS = {
    "args that are no object": (
        "query({ args: v.union(v.object({})) as any, handler: () => 1 })",
        "Invalid JSON returned from f.js:f.exportArgs(): Args validator must be an object or any",
    ),
    "args with a bad record": (
        "query({ args: { r: v.record(v.literal('x') as any, v.any()) }, handler: () => 1 })",
        "Invalid JSON returned from f.js:f.exportArgs(): Error in args validator: Invalid validator for key `r`: "
        "Records cannot have string literal keys\n"
        "See https://docs.convex.dev/functions/validation for docs on how to do argument validation.",
    ),
    "returns with a bad record": (
        "query({ args: {}, returns: v.record(v.number() as any, v.any()), handler: () => 1 })",
        "Invalid JSON returned from f.js:f.exportReturns(): Error in returns validator: Records can only have "
        "string keys. Your validator contains a record with key typed as "
        "`v.float64()`, which is not a subtype of `v.string()`\n"
        "See https://docs.convex.dev/functions/validation for docs on how to do return value validation.",
    ),
}


@pytest.mark.parametrize(("source", "text"), FUNCTIONS.values(), ids=list(FUNCTIONS))
def test_a_function_with_validators_that_a_push_would_refuse(make_project, source, text):
    project = make_project(
        {
            "convex/f.ts": f"""
                import {{ v }} from "convex/values";
                import {{ query }} from "./_generated/server";
                export const f = {source};
            """
        }
    )
    with project.test() as t, pytest.raises(ProjectError) as caught:
        t.query("f:f")
    assert text in str(caught.value)
    assert "convex/f.ts" in str(caught.value)
