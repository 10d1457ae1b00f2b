"""Where npm's `convex-test` 0.0.60 answers otherwise than production: ids, time, validators and schemas.

Each test asserts production's answer; the comments number the deviations by topic. They go on in the files for queries
and for writes and calls.
"""

from __future__ import annotations

import pytest
from freezegun import freeze_time

from convex_test import (
    ArgumentValidationError,
    ConvexInt64,
    FunctionError,
    ProjectError,
    ReturnsValidationError,
    SchemaValidationError,
    js,
)

FILES = {
    "convex/schema.ts": """
        import { defineSchema, defineTable } from "convex/server";
        import { v } from "convex/values";
        export default defineSchema({
          users: defineTable({ name: v.string() }),
          messages: defineTable({ body: v.string() }),
          items: defineTable(v.any()).index("by_a_b", ["a", "b"]),
          records: defineTable({ scores: v.record(v.string(), v.number()) }),
        });
    """,
    "convex/f.ts": """
        import { mutation, query } from "./_generated/server";
        import { v } from "convex/values";
        let calls = 0;
        export const count = query(async () => ++calls);
        export const loop = query(async () => { while (true); });
        export const rejects = mutation(async (ctx) => {
          await ctx.db.insert("items", {});
          void Promise.reject(new Error("nobody waits"));
        });
        export const add = mutation(async (ctx) => { await ctx.db.insert("items", {}); });
        export const unawaited = mutation(async (ctx) => { void ctx.db.insert("items", { late: true }); });
        export const record = query({ args: { r: v.record(v.string(), v.number()) }, handler: async () => "ran" });
        export const bigLiteral = query({ args: { n: v.literal(1n) }, handler: async () => "ran" });
        export const zeroLiteral = query({ args: { n: v.literal(0) }, handler: async () => "ran" });
        export const nested = query({
          args: { o: v.object({ a: v.optional(v.number()) }) }, handler: async (_ctx, { o }) => Object.keys(o),
        });
        export const union = query({ args: { u: v.union(v.string(), v.number()) }, handler: async () => "ran" });
        export const caller = query(
          async (ctx): Promise<any> => await ctx.runQuery("f:nested" as any, { o: { a: undefined } }),
        );
        export const wrongResult = mutation({
          returns: v.string(),
          handler: async (ctx) => { await ctx.db.insert("items", { kept: true }); return 5 as any; },
        });
    """,
}


def run(t, body, *args, kind="mutation"):
    return getattr(t, kind)(js(f"async (ctx, ...args) => {{ {body} }}"), *args)


def fails(t, body, *args, kind="mutation"):
    """The message of the error that a function can catch."""
    return run(t, f"try {{ {body} }} catch (error) {{ return error.message }} return 'no error'", *args, kind=kind)


def insert(t, *documents, table="items"):
    return [t.run(lambda ctx, fields=fields: ctx.db.insert(table, fields)) for fields in documents]


def found(t, query):
    """The field `n` of what a query finds."""
    return run(t, f"return (await ctx.db.query('items'){query}).map(({{ n = 'missing' }}) => n)", kind="query")


# 1. Ids are encoded, with a table number and a checksum


def test_an_id_does_not_hold_the_tables_name(t):
    [user] = insert(t, {"name": "Sarah"}, table="users")
    assert len(user) == 32
    assert "users" not in user


def test_a_damaged_id_is_noticed_by_its_checksum(t):
    [user] = insert(t, {"name": "Sarah"}, table="users")
    damaged = f"{user[:10]}{'0' if user[10] != '0' else '1'}{user[11:]}"
    text = fails(t, "await ctx.db.get(args[0])", damaged)
    assert text.startswith("Invalid argument `id` for `db.get`: Unable to decode ID: Invalid ID version ")


def test_normalize_id_is_no_test_of_suffixes(t):
    assert run(t, "return ctx.db.normalizeId('users', '10000000000000000000000000000000users')") is None


def test_normalize_id_converts_the_formats_of_old(t):
    [user] = insert(t, {"name": "Sarah"}, table="users")
    converted = run(t, "return ctx.db.normalizeId('users', 'AAECAwQFBgcICQoLDA0ODw')")
    assert converted[:28] == f"{user[:3]}000820c20a1g7104gm2rc1m70"


# 2. Malformed ids


def test_get_of_a_malformed_id_is_an_error(t):
    assert (
        fails(t, "await ctx.db.get('garbage')")
        == "Invalid argument `id` for `db.get`: Unable to decode ID: Invalid ID length 7"
    )


def test_get_with_the_wrong_table_names_both(t):
    [user] = insert(t, {"name": "Sarah"}, table="users")
    assert (
        fails(t, "await ctx.db.get('messages', args[0])", user)
        == 'Invalid argument `id` for `db.get`: expected to be an Id<"messages">, got Id<"users"> instead.'
    )


def test_get_of_an_unknown_table_with_an_explicit_table_is_null(t):
    assert run(t, "return await ctx.db.get('users', '040020g30g2gc1r81450p30d1r7qke8')") is None


# 3. System tables and user tables are apart


def test_get_refuses_ids_of_system_tables(t):
    text = "System tables can only be accessed with db.system."
    assert fails(t, "await ctx.db.get('kg2000820c20a1g7104gm2rc1m70y674')") == text
    assert fails(t, "await ctx.db.get('kc2000820c20a1g7104gm2rc1m70y5yj')") == text


def test_system_get_refuses_ids_of_user_tables(t):
    [user] = insert(t, {"name": "Sarah"}, table="users")
    assert fails(t, "await ctx.db.system.get(args[0])", user) == "User tables cannot be accessed with db.system."


# 4. Creation times: the beginning of the transaction, then the next float each


def test_creation_times_are_the_next_floats(t):
    with freeze_time("2026-01-01"):
        body = """
            const ids = [];
            for (let n = 0; n < 3; n++) ids.push(await ctx.db.insert("items", {}));
            return (await Promise.all(ids.map((id) => ctx.db.get(id)))).map((item) => item._creationTime);
        """
        first, second, third = run(t, body)
    assert second - first == third - second == 0.000244140625


def test_a_creation_time_is_not_that_of_the_insert(project):
    with freeze_time("2026-01-01") as clock, project.test(seed=1) as t, t.transaction() as ctx:
        clock.tick(60)
        id = ctx.db.insert("items", {})
        assert int(ctx.db.get(id)["_creationTime"]) == 1767225600000


# 5. Time and randomness inside queries and mutations


@pytest.mark.parametrize("kind", ["query", "mutation"])
def test_time_stands_still(t, kind):
    body = "const a = Date.now(); for (let i = 0; i < 1e5; i++); await ctx.db.get(args[0]); return Date.now() - a"
    assert run(t, body, "j97000820c20a1g7104gm2rc1m70yp0t", kind=kind) == 0


@pytest.mark.parametrize("source", ["Math.random()", "crypto.randomUUID()", "crypto.getRandomValues(new Int8Array(9))"])
def test_random_numbers_are_seeded(project, source):
    drawn = []
    for _ in range(2):
        with project.test(seed=3) as t:
            drawn.append(run(t, f"return String({source})"))
    assert drawn[0] == drawn[1]


ONLY_IN_ACTIONS = (
    "in queries and mutations. Please consider using an action. "
    "See https://docs.convex.dev/functions/actions for more details."
)


@pytest.mark.parametrize("kind", ["query", "mutation"])
def test_fetch_is_for_actions(t, kind):
    assert fails(t, "await fetch('https://example.com')", kind=kind) == f"Can't use fetch() {ONLY_IN_ACTIONS}"


@pytest.mark.parametrize("kind", ["query", "mutation"])
def test_making_keys_is_for_actions(t, kind):
    call = "await crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, true, ['sign'])"
    assert fails(t, call, kind=kind) == f"Can't use cryptographic randomness {ONLY_IN_ACTIONS}"


@pytest.mark.parametrize("kind", ["query", "mutation"])
@pytest.mark.parametrize("timer", ["setTimeout", "setInterval"])
def test_timers_are_for_actions(t, kind, timer):
    """They fail as a promise that nobody can catch."""
    with pytest.raises(FunctionError) as caught:
        fails(t, f"{timer}(() => {{}}, 1)", kind=kind)
    assert caught.value.message == f"Can't use {timer} {ONLY_IN_ACTIONS}"


def test_the_environment_is_not_that_of_the_host(t, monkeypatch):
    monkeypatch.setenv("OF_THE_HOST", "1")
    assert run(t, "return process.env.OF_THE_HOST ?? null") is None


def test_module_state_does_not_go_from_call_to_call(project):
    with project.test(isolation="call") as t:
        assert [t.query("f:count") for _ in range(3)] == [1, 1, 1]


# 6. Timeouts, logs, rejections, promises that nobody awaits


def test_an_endless_loop_ends(project):
    with project.test(timeout=1) as t, pytest.raises(FunctionError) as caught:
        t.query("f:loop")
    assert caught.value.message == "Function execution timed out (maximum duration: 1s)"


def test_logs_overflow(t):
    run(t, "for (let i = 0; i < 300; i++) console.log(i)")
    assert len(t.logs) == 256
    assert str(t.logs[-1]) == "[ERROR] Log overflow (maximum 256). Remaining log lines omitted."


def test_an_unhandled_rejection_fails_the_function(t):
    with pytest.raises(FunctionError) as caught:
        t.mutation("f:rejects")
    assert caught.value.text.startswith("Uncaught Error: nobody waits")
    assert found(t, ".collect()") == []


def test_a_write_that_nobody_awaits_is_part_of_the_mutation(project):
    with project.test(unawaited="ignore") as t:
        t.mutation("f:unawaited")
        assert run(t, "return (await ctx.db.query('items').collect()).length", kind="query") == 1


def test_a_promise_that_never_settles(t):
    with pytest.raises(FunctionError) as caught:
        run(t, "await new Promise(() => {})")
    assert caught.value.message == "Returned promise will never resolve"


# 7. Transactions: what runs beside another runs after it, in the order of issue


def test_parallel_mutations_run_one_after_the_other(t):
    body = """
        await Promise.all([1, 2, 3].map((n) => ctx.runMutation("f:add")));
        return (await ctx.db.query("items").collect()).length;
    """
    assert run(t, body) == 3


# 8. Records and literals are validated


def test_a_record_is_validated_as_an_argument(t):
    with pytest.raises(ArgumentValidationError) as caught:
        t.query("f:record", r={"a": 1, "b": "x"})
    assert caught.value.message == (
        "ArgumentValidationError: Value does not match validator.\nPath: .r.values()\n"
        'Value: "x"\nValidator: v.float64()'
    )


def test_a_record_is_validated_in_a_document(t):
    with pytest.raises(SchemaValidationError) as caught:
        insert(t, {"scores": {"a": None}}, table="records")
    assert caught.value.message == (
        'Failed to insert or update a document in table "records" because it does not match the schema: '
        "Value does not match validator.\nPath: .scores.values()\nValue: null\nValidator: v.float64()"
    )


def test_a_bigint_matches_its_literal(t):
    assert t.query("f:bigLiteral", n=ConvexInt64(1)) == "ran"


def test_minus_zero_is_not_the_literal_zero(t):
    assert t.query("f:zeroLiteral", n=0) == "ran"
    with pytest.raises(ArgumentValidationError) as caught:
        t.query("f:zeroLiteral", n=-0.0)
    assert caught.value.message == (
        "ArgumentValidationError: `-0.0` does not match literal validator `v.literal(0.0)`.Path: .n"
    )


# 9. Null is no object; undefined is no field


def test_null_for_an_object_is_a_validation_error(t):
    with pytest.raises(ArgumentValidationError) as caught:
        t.query("f:nested", o=None)
    assert caught.value.message == (
        "ArgumentValidationError: Value does not match validator.\nPath: .o\nValue: null\n"
        "Validator: v.object({a: v.optional(v.float64())})"
    )


def test_undefined_fields_are_stripped_before_validation(t):
    assert t.query("f:caller") == []
    assert run(t, "return await ctx.runQuery('f:nested', { o: {}, extra: undefined })", kind="query") == []


# 10. Texts of validation errors


def test_the_text_of_a_union_that_does_not_match(t):
    with pytest.raises(ArgumentValidationError) as caught:
        t.query("f:union", u=None)
    assert caught.value.message == (
        "ArgumentValidationError: Value does not match validator.\nPath: .u\nValue: null\n"
        "Validator: v.union(v.string(), v.float64())"
    )


def test_the_text_of_a_wrong_result(t):
    with pytest.raises(ReturnsValidationError) as caught:
        t.mutation("f:wrongResult")
    assert caught.value.message == (
        "ReturnsValidationError: Value does not match validator.\n\nValue: 5.0\nValidator: v.string()"
    )


# 11. A wrong result is found before the commit


def test_a_mutation_with_a_wrong_result_leaves_nothing(t):
    with pytest.raises(ReturnsValidationError):
        t.mutation("f:wrongResult")
    assert run(t, "return await ctx.db.query('items').collect()", kind="query") == []


# 12. Rules of schemas


@pytest.mark.parametrize(
    ("table", "text"),
    [
        (
            '.index("i", ["a"]).index("j", ["a"])',
            'In table "t" index "j" and index "i" have the same fields. Indexes must be unique within a table.',
        ),
        (
            '.index("by_id", ["a"])',
            'In table "t" cannot name an index "by_id" because the name is reserved. Indexes may not start with an '
            'underscore or be named "by_id" or "by_creation_time".',
        ),
        ('.index("i", [])', 'In table "t" index "i" must have at least one field.'),
        (
            '.index("i", ["missing"])',
            'In table "t" the index "i" is invalid because it references the field "missing" that does not exist.',
        ),
        (
            '.vectorIndex("i", { vectorField: "a", dimensions: 1 })',
            'In table "t": Dimensions 1 must be between 2 and 4096.',
        ),
    ],
)
def test_a_schema_is_checked(make_t, table, text):
    schema = f"""
        import {{ defineSchema, defineTable }} from "convex/server";
        import {{ v }} from "convex/values";
        export default defineSchema({{ t: defineTable({{ a: v.any() }}){table} }});
    """
    with pytest.raises(ProjectError) as caught:
        make_t({"convex/schema.ts": schema})
    assert text in str(caught.value)


# 13. System fields of documents


@pytest.mark.parametrize("field", ["_id", "_creationTime"])
def test_insert_refuses_system_fields(t, field):
    text = fails(t, f"await ctx.db.insert('items', {{ {field}: 1 }})")
    assert text.startswith("Provided document ID " if field == "_id" else "Provided creation time ")


def test_a_field_with_an_underscore_is_refused_without_a_schema(t):
    assert fails(t, "await ctx.db.insert('free', { _x: 1 })").endswith(
        "isn't a valid document: "
        "Field '_x' starts with an underscore, which is only allowed for system fields like '_id'"
    )
