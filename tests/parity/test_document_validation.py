"""Documents are checked against the schema whenever they are written, through both doors."""

from __future__ import annotations

import math

import pytest

from convex_test import ConvexInt64, FunctionError, SchemaValidationError, js, undefined

GHOST_USER = "jd7000820c20a1g7104gm2rc1m70yp9c"
GHOST_FILE = "kg2000820c20a1g7104gm2rc1m70y674"

FIELDS = {
    "anything": "v.any()",
    "boolean": "v.boolean()",
    "bytes": "v.bytes()",
    "empty": "v.object({})",
    "id": 'v.id("users")',
    "file": 'v.id("_storage")',
    "int64": "v.int64()",
    "list": "v.array(v.string())",
    "literal": 'v.literal("a")',
    "literalBigint": "v.literal(5n)",
    "nothing": "v.null()",
    "number": "v.number()",
    "object": "v.object({ inner: v.object({ n: v.number() }), maybe: v.optional(v.string()) })",
    "record": "v.record(v.string(), v.number())",
    "text": "v.string()",
    "union": "v.union(v.string(), v.number())",
    "enum": 'v.union(v.literal("a"), v.literal("b"))',
}
OPTIONAL = "\n".join(f"{name}: v.optional({validator})," for name, validator in FIELDS.items())


FILES = {
    "convex/schema.ts": f"""
        import {{ defineSchema, defineTable }} from "convex/server";
        import {{ v }} from "convex/values";
        export default defineSchema({{
          everything: defineTable({{ {OPTIONAL} }}),
          shapes: defineTable(v.union(
            v.object({{ kind: v.literal("circle"), r: v.number() }}),
            v.object({{ kind: v.literal("square"), side: v.number() }}),
          )),
          users: defineTable({{
            name: v.string(),
            email: v.optional(v.string()),
            nick: v.union(v.string(), v.null()),
          }}),
          whatever: defineTable(v.any()),
          withSystemFields: defineTable({{ _id: v.string(), _creationTime: v.string(), a: v.number() }} as any),
        }});
    """,
    "convex/nested.ts": """
        import { mutation } from "./_generated/server";
        export const bad = mutation({ handler: async (ctx) => {
          await ctx.db.insert("users", { name: "kept?", nick: null });
          await ctx.db.insert("users", { name: 5 } as any);
        } });
    """,
}


@pytest.fixture(scope="module")
def unchecked_project(make_project):
    return make_project(
        {
            "convex/schema.ts": """
                import { defineSchema, defineTable } from "convex/server";
                import { v } from "convex/values";
                export default defineSchema(
                  { users: defineTable({ name: v.string() }).index("by_name", ["name"]) },
                  { schemaValidation: false },
                );
            """,
        }
    )


@pytest.fixture
def user(t):
    return t.run(lambda ctx: ctx.db.insert("users", {"name": "Sarah", "nick": None, "email": "s@example.com"}))


def get(t, id):
    return {name: value for name, value in t.run(lambda ctx: ctx.db.get(id)).items() if name[0] != "_"}


def refusal(t, door, method, *args):
    error = door.fails(t, method, *args)
    assert type(error) is SchemaValidationError
    return error.message


def prefix(table):
    return f'Failed to insert or update a document in table "{table}" because it does not match the schema: '


# Each kind of validator

ACCEPTED = [
    ("anything", [None, {"a": b"x"}]),
    ("boolean", False),
    ("bytes", b"x"),
    ("empty", {}),
    ("id", GHOST_USER),
    ("file", GHOST_FILE),
    ("int64", ConvexInt64(2**62)),
    ("list", []),
    ("literal", "a"),
    ("literalBigint", ConvexInt64(5)),
    ("nothing", None),
    ("number", math.nan),
    ("number", -0.0),
    ("number", 5),
    ("object", {"inner": {"n": 1}}),
    ("object", {"inner": {"n": 1}, "maybe": "x"}),
    ("record", {"": 1, "any key": 2}),
    ("text", "\0"),
    ("union", 1),
    ("union", "x"),
    ("enum", "b"),
]


@pytest.mark.parametrize(("field", "value"), ACCEPTED, ids=repr)
def test_a_document_that_matches_is_written(t, door, field, value):
    id = door.call(t, "insert", "everything", {field: value})
    assert repr(get(t, id)) == repr({field: value})


def no_match(path, value, validator):
    return f"Value does not match validator.\nPath: {path}\nValue: {value}\nValidator: {validator}"


OBJECT = "v.object({inner: v.object({n: v.float64()}), maybe: v.optional(v.string())})"
REFUSED = [
    ("boolean", 0, no_match(".boolean", "0.0", "v.boolean()")),
    ("bytes", "x", no_match(".bytes", '"x"', "v.bytes()")),
    (
        "empty",
        {"b": 1, "a": 2},
        "Object contains extra field `a` that is not in the validator.\nPath: .empty\nObject: {a: 2.0, b: 1.0}\n"
        "Validator: v.object({})",
    ),
    ("id", "x", no_match(".id", '"x"', 'v.id("users")')),
    (
        "id",
        GHOST_FILE,
        f'Found ID "{GHOST_FILE}" from a system table, which does not match the table name in validator '
        '`v.id("users")`.Path: .id',
    ),
    (
        "file",
        GHOST_USER,
        f'Found ID "{GHOST_USER}" from table `users`, which does not match the table name in validator '
        '`v.id("_storage")`.Path: .file',
    ),
    ("int64", 5, no_match(".int64", "5.0", "v.int64()")),
    ("list", ["a", None], no_match(".list[1]", "null", "v.string()")),
    ("list", {"a": "b"}, no_match(".list", '{a: "b"}', "v.array(v.string())")),
    ("literal", "b", '`"b"` does not match literal validator `v.literal("a")`.Path: .literal'),
    (
        "literalBigint",
        ConvexInt64(6),
        "`6` does not match literal validator `v.literal(<bigint>)`.Path: .literalBigint",
    ),
    ("nothing", False, no_match(".nothing", "false", "v.null()")),
    ("number", ConvexInt64(5), no_match(".number", "5", "v.float64()")),
    ("number", None, no_match(".number", "null", "v.float64()")),
    (
        "object",
        {"maybe": "x"},
        "Object is missing the required field `inner`. Consider wrapping the field validator in "
        "`v.optional(...)` if this "
        f'is expected.\nPath: .object\nObject: {{maybe: "x"}}\nValidator: {OBJECT}',
    ),
    ("object", {"inner": {"n": "x"}}, no_match(".object.inner.n", '"x"', "v.float64()")),
    ("object", {"inner": {"n": 1}, "maybe": None}, no_match(".object.maybe", "null", "v.string()")),
    ("record", {"a": 1, "b": "x"}, no_match(".record.values()", '"x"', "v.float64()")),
    ("text", b"x", no_match(".text", 'b"eA=="', "v.string()")),
    ("union", None, no_match(".union", "null", "v.union(v.string(), v.float64())")),
    ("enum", "c", no_match(".enum", '"c"', 'v.union(v.literal("a"), v.literal("b"))')),
]


@pytest.mark.parametrize(("field", "value", "text"), REFUSED, ids=lambda case: repr(case)[:40])
def test_insert_refuses_a_document_that_does_not_match(t, door, field, value, text):
    assert refusal(t, door, "insert", "everything", {field: value}) == prefix("everything") + text
    assert t.run(lambda ctx: ctx.db.query("everything").collect()) == []


@pytest.mark.parametrize(("field", "value", "text"), REFUSED, ids=lambda case: repr(case)[:40])
def test_patch_and_replace_refuse_it_as_well(t, door, field, value, text):
    id = t.run(lambda ctx: ctx.db.insert("everything", {}))
    assert refusal(t, door, "patch", id, {field: value}) == prefix("everything") + text
    assert refusal(t, door, "replace", id, {field: value}) == prefix("everything") + text
    assert get(t, id) == {}


def test_a_missing_field(t, door):
    assert refusal(t, door, "insert", "users", {"name": "Sarah"}) == prefix("users") + (
        "Object is missing the required field `nick`. Consider wrapping the field validator in `v.optional(...)` "
        "if this "
        'is expected.\n\nObject: {name: "Sarah"}\nValidator: v.object({email: v.optional(v.string()), name: '
        "v.string(), "
        "nick: v.union(v.string(), v.null())})"
    )


def test_an_extra_field(t, door):
    assert refusal(t, door, "insert", "users", {"name": "Sarah", "nick": None, "z": 1, "y": 2}) == prefix("users") + (
        "Object contains extra field `y` that is not in the validator.\n\n"
        'Object: {name: "Sarah", nick: null, y: 2.0, z: 1.0}\nValidator: v.object({email: v.optional(v.string()), '
        "name: v.string(), nick: v.union(v.string(), v.null())})"
    )


def test_a_wrong_field_is_reported_before_an_extra_one_and_in_alphabetical_order(t, door):
    assert refusal(t, door, "insert", "users", {"a": 1, "nick": 5, "name": 5}) == prefix("users") + no_match(
        ".name", "5.0", "v.string()"
    )


def test_undefined_is_an_absent_field(t, door):
    id = door.call(t, "insert", "users", {"name": "Sarah", "nick": None, "email": undefined, "extra": undefined})
    assert get(t, id) == {"name": "Sarah", "nick": None}


def test_a_table_with_a_union_of_objects(t, door):
    door.call(t, "insert", "shapes", {"kind": "circle", "r": 1})
    door.call(t, "insert", "shapes", {"kind": "square", "side": 1})
    assert refusal(t, door, "insert", "shapes", {"kind": "circle", "side": 1}) == prefix("shapes") + (
        'Value does not match validator.\n\nValue: {kind: "circle", side: 1.0}\nValidator: v.union(v.object({kind: '
        'v.literal("circle"), r: v.float64()}), v.object({kind: v.literal("square"), side: v.float64()}))'
    )


def test_a_table_that_takes_anything(t, door):
    id = door.call(t, "insert", "whatever", {"a": [1, "x", None]})
    assert get(t, id) == {"a": [1, "x", None]}


def test_a_table_that_is_not_in_the_schema_takes_anything(t, door):
    id = door.call(t, "insert", "elsewhere", {"a": [1, "x", None]})
    door.call(t, "patch", id, {"b": b"x"})
    door.call(t, "replace", id, {"c": 1})
    assert get(t, id) == {"c": 1}


def test_validators_of_system_fields_are_ignored(t, door):
    id = door.call(t, "insert", "withSystemFields", {"a": 1})
    door.call(t, "patch", id, {"a": 2})
    assert get(t, id) == {"a": 2}


def test_an_id_may_be_of_a_document_that_does_not_exist(t, door):
    door.call(t, "insert", "everything", {"id": GHOST_USER})


# patch and replace


def test_patch_checks_the_merged_document(t, door, user):
    door.call(t, "patch", user, {"nick": "S"})
    assert get(t, user) == {"name": "Sarah", "nick": "S", "email": "s@example.com"}


def test_patch_shows_the_merged_document(t, door, user):
    assert refusal(t, door, "patch", user, {"extra": 1}) == prefix("users") + (
        "Object contains extra field `extra` that is not in the validator.\n\n"
        'Object: {email: "s@example.com", extra: 1.0, name: "Sarah", nick: null}\nValidator: v.object({email: '
        "v.optional(v.string()), name: v.string(), nick: v.union(v.string(), v.null())})"
    )


def test_patch_cannot_remove_a_required_field(t, door, user):
    assert refusal(t, door, "patch", user, {"name": undefined}) == prefix("users") + (
        "Object is missing the required field `name`. Consider wrapping the field validator in `v.optional(...)` "
        "if this "
        'is expected.\n\nObject: {email: "s@example.com", nick: null}\nValidator: v.object({email: '
        "v.optional(v.string()), name: v.string(), nick: v.union(v.string(), v.null())})"
    )
    assert get(t, user)["name"] == "Sarah"


def test_patch_can_remove_an_optional_field(t, door, user):
    door.call(t, "patch", user, {"email": undefined})
    assert get(t, user) == {"name": "Sarah", "nick": None}


def test_null_is_no_value_for_an_optional_field(t, door, user):
    assert refusal(t, door, "patch", user, {"email": None}) == prefix("users") + no_match(
        ".email", "null", "v.string()"
    )


def test_replace_checks_the_new_document_alone(t, door, user):
    assert refusal(t, door, "replace", user, {"name": "Lee"}) == prefix("users") + (
        "Object is missing the required field `nick`. Consider wrapping the field validator in `v.optional(...)` "
        "if this "
        'is expected.\n\nObject: {name: "Lee"}\nValidator: v.object({email: v.optional(v.string()), name: v.string(), '
        "nick: v.union(v.string(), v.null())})"
    )


def test_replace_with_a_document_that_was_read_matches(t, user):
    t.mutation(js("async (ctx, id) => ctx.db.replace(id, { ...(await ctx.db.get(id)), name: 'Lee' })"), user)
    t.run(lambda ctx: ctx.db.replace(user, {**ctx.db.get(user), "nick": "L"}))
    assert get(t, user) == {"name": "Lee", "nick": "L", "email": "s@example.com"}


# As an error


def test_an_uncaught_refusal_in_typescript(t):
    with pytest.raises(SchemaValidationError) as caught:
        t.mutation(js("(ctx) => ctx.db.insert('users', { name: 5, nick: null })"))
    assert caught.value.text == "Uncaught Error: " + prefix("users") + no_match(".name", "5.0", "v.string()")
    assert caught.value.name == "Error"


def test_a_refusal_in_python_has_no_uncaught(t):
    with pytest.raises(SchemaValidationError) as caught:
        t.run(lambda ctx: ctx.db.insert("users", {"name": 5, "nick": None}))
    assert str(caught.value) == prefix("users") + no_match(".name", "5.0", "v.string()")


def test_a_refusal_can_be_caught_and_the_mutation_goes_on(t):
    source = """async (ctx) => {
        let message;
        try { await ctx.db.insert("users", { name: 5, nick: null }); } catch (error) { message = error.message; }
        await ctx.db.insert("users", { name: "Lee", nick: null });
        return message;
    }"""
    assert t.mutation(js(source)) == prefix("users") + no_match(".name", "5.0", "v.string()")
    assert [user["name"] for user in t.run(lambda ctx: ctx.db.query("users").collect())] == ["Lee"]


def test_a_refusal_can_be_caught_in_python_and_the_transaction_goes_on(t):
    with t.transaction() as ctx:
        with pytest.raises(SchemaValidationError):
            ctx.db.insert("users", {"name": 5, "nick": None})
        ctx.db.insert("users", {"name": "Lee", "nick": None})
    assert [user["name"] for user in t.run(lambda ctx: ctx.db.query("users").collect())] == ["Lee"]


def test_a_refusal_in_a_nested_mutation_undoes_the_nested_writes(t):
    source = (
        "async (ctx) => { try { await ctx.runMutation(api.nested.bad, {}) } catch (error) { return error.message } }"
    )
    message = t.mutation(js(source))
    assert message.startswith(f"Uncaught Error: {prefix('users')}{no_match('.name', '5.0', 'v.string()')}\n")
    assert t.run(lambda ctx: ctx.db.query("users").collect()) == []


def test_a_refusal_in_a_nested_mutation_that_is_not_caught_is_a_plain_error(t):
    with pytest.raises(FunctionError) as caught:
        t.mutation(js("(ctx) => ctx.runMutation(api.nested.bad, {})"))
    assert type(caught.value) is FunctionError
    assert caught.value.text.startswith(f"Uncaught Error: Uncaught Error: {prefix('users')}")
    assert type(caught.value.__cause__) is SchemaValidationError


# Without schema validation


def test_without_schema_validation_everything_is_written(unchecked_project, door):
    with unchecked_project.test() as t:
        id = door.call(t, "insert", "users", {"name": 5, "extra": [None]})
        door.call(t, "patch", id, {"name": undefined})
        door.call(t, "replace", id, {"other": 1})
        assert get(t, id) == {"other": 1}


def test_without_schema_validation_indexes_work(unchecked_project, door):
    with unchecked_project.test() as t:
        ids = [door.call(t, "insert", "users", {"name": name}) for name in ("b", 5, "a")]
        found = t.query(lambda ctx: [user["_id"] for user in ctx.db.query("users").with_index("by_name")])
        assert found == [ids[1], ids[2], ids[0]]
