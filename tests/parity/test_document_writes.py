"""insert, patch, replace and delete: what they do, what they refuse and in which order, through both doors."""

from __future__ import annotations

from itertools import pairwise

import pytest

from convex_test import FunctionError, js, undefined

GHOST = "j57000820c20a1g7104gm2rc1m70ynr8"
GHOST_FILE = "kg2000820c20a1g7104gm2rc1m70y674"
IN_TABLE_1 = "040020g30g2gc1r81450p30d1r7qke8"
SYSTEM = "System tables can only be accessed with db.system."


@pytest.fixture
def item(t):
    return t.run(lambda ctx: ctx.db.insert("items", {"a": 1, "b": {"c": 1, "d": 2}}))


def get(t, id):
    return {name: value for name, value in t.run(lambda ctx: ctx.db.get(id)).items() if name[0] != "_"}


# insert


def test_insert_gives_the_id(t, door):
    id = door.call(t, "insert", "items", {"a": 1})
    assert t.run(lambda ctx: ctx.db.get(id))["_id"] == id


def test_insert_sets_a_creation_time_near_the_clock(t, door):
    id = door.call(t, "insert", "items", {})
    now = t.query(js("() => Date.now()"))
    assert abs(t.run(lambda ctx: ctx.db.get(id)["_creationTime"]) - now) < 60_000


def test_insert_of_an_empty_document(t, door):
    assert get(t, door.call(t, "insert", "items", {})) == {}


def test_insert_refuses_an_id_of_its_own(t, door):
    error = door.fails(t, "insert", "items", {"_id": GHOST})
    assert error.message.startswith('Provided document ID "j57')
    assert error.message.endswith(f"\" doesn't match '_id' field \"{GHOST}\"")


def test_insert_refuses_a_creation_time_of_its_own(t, door):
    error = door.fails(t, "insert", "items", {"_creationTime": 1700000000000, "a": "x"})
    assert error.message.startswith("Provided creation time ")
    assert " doesn't match '_creationTime' field in {_creationTime: 1700000000000.0, _id: \"j57" in error.message
    assert error.message.endswith('", a: "x"}')


def test_insert_refuses_fields_with_an_underscore(t, door):
    error = door.fails(t, "insert", "items", {"_b": 1, "_a": {"_fine": 1}})
    assert error.message.startswith("Document(value: {_a: {_fine: 1.0}, _b: 1.0, _creationTime: ")
    assert error.message.endswith(
        "}) isn't a valid document: Field '_a' starts with an underscore, which is only allowed for system fields like "
        "'_id'\n Field '_b' starts with an underscore, which is only allowed for system fields like '_id'"
    )


@pytest.mark.parametrize("table", ["_storage", "_scheduled_functions", "_x", "_"])
def test_insert_into_a_system_table(t, door, table):
    assert door.fails(t, "insert", table, {}).message == "System tables (prefixed with `_`) are read-only."


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ("", "Identifier cannot be empty"),
        ("1a", "Invalid first character '1' in 1a: Identifiers must start with an alphabetic character or underscore"),
        (
            "a-b",
            "Identifier a-b has invalid character '-': "
            "Identifiers can only contain alphanumeric characters or underscores",
        ),
        (
            "aé",
            "Identifier aé has invalid character 'é': "
            "Identifiers can only contain alphanumeric characters or underscores",
        ),
        ("a" * 65, "Identifier is too long (65 > maximum 64)"),
    ],
)
def test_insert_wants_the_name_of_a_table(t, door, table, problem):
    assert door.fails(t, "insert", table, {}).message == f"Invalid argument `table` for `db.insert`: {problem}"


def test_a_failed_insert_makes_no_table(t, door):
    door.fails(t, "insert", "first", {"_x": 1})
    assert door.call(t, "insert", "second", {}).startswith("j57")


def test_a_caught_failure_of_insert_leaves_nothing(t):
    source = """async (ctx) => {
        try { await ctx.db.insert("items", { a: 1, _x: 1 }) } catch {}
        return (await ctx.db.query("items").collect()).length;
    }"""
    assert t.mutation(js(source)) == 0


# patch


def test_patch_merges_the_top_level(t, door, item):
    assert door.call(t, "patch", item, {"c": 3}) is None
    assert get(t, item) == {"a": 1, "b": {"c": 1, "d": 2}, "c": 3}


def test_patch_with_the_table(t, door, item):
    door.call(t, "patch", "items", item, {"c": 3})
    assert get(t, item)["c"] == 3


def test_patch_replaces_nested_objects_as_a_whole(t, door, item):
    door.call(t, "patch", item, {"b": {"e": 5}})
    assert get(t, item) == {"a": 1, "b": {"e": 5}}


def test_patch_with_undefined_removes_a_field(t, door, item):
    door.call(t, "patch", item, {"a": undefined, "not_there": undefined})
    assert get(t, item) == {"b": {"c": 1, "d": 2}}


def test_patch_with_null_stores_null(t, door, item):
    door.call(t, "patch", item, {"a": None})
    assert get(t, item)["a"] is None


def test_patch_drops_nested_undefined(t, door, item):
    door.call(t, "patch", item, {"b": {"c": undefined, "d": 3}})
    assert get(t, item)["b"] == {"d": 3}


@pytest.mark.parametrize("name", ["_id", "_creationTime"])
def test_patch_cannot_remove_a_system_field_but_may_say_so(t, door, item, name):
    before = t.run(lambda ctx: ctx.db.get(item))
    door.call(t, "patch", item, {name: undefined, "a": 2})
    assert t.run(lambda ctx: ctx.db.get(item)) == {**before, "a": 2}


def test_patch_keeps_id_and_creation_time(t, door, item):
    before = t.run(lambda ctx: ctx.db.get(item))
    door.call(t, "patch", item, {"a": 2})
    after = t.run(lambda ctx: ctx.db.get(item))
    assert (after["_id"], after["_creationTime"]) == (before["_id"], before["_creationTime"])


def test_patch_may_give_the_right_system_fields(t, door, item):
    document = t.run(lambda ctx: ctx.db.get(item))
    door.call(t, "patch", item, {"_id": item, "_creationTime": document["_creationTime"], "a": 2})
    assert get(t, item)["a"] == 2


@pytest.mark.parametrize("method", ["patch", "replace"])
def test_another_id_is_refused(t, door, item, method):
    assert door.fails(t, method, item, {"_id": GHOST}).message == (
        f'Provided document ID "{item}" doesn\'t match \'_id\' field "{GHOST}"'
    )


def test_another_creation_time_is_refused(t, door, item):
    time = t.run(lambda ctx: ctx.db.get(item)["_creationTime"])
    # As Rust writes a double: with a point even when it is whole.
    assert door.fails(t, "replace", item, {"_creationTime": 5, "a": 1}).message == (
        f"Provided creation time {float(time)!r} doesn't match '_creationTime' field in "
        f'{{_creationTime: 5.0, _id: "{item}", a: 1.0}}'
    )


@pytest.mark.parametrize("method", ["patch", "replace"])
def test_fields_with_an_underscore_are_refused(t, door, item, method):
    error = door.fails(t, method, item, {"_x": 1})
    assert error.message.endswith(
        "isn't a valid document: Field '_x' starts with an underscore, which is only allowed for system fields "
        "like '_id'"
    )
    assert "_x" not in t.run(lambda ctx: ctx.db.get(item))


def test_patch_cannot_make_a_document_too_wide(t, door, item):
    fields = {f"k{n}": n for n in range(1021)}
    assert door.fails(t, "patch", item, fields).message == ("Object has too many fields (1025 > maximum number 1024)")
    assert get(t, item) == {"a": 1, "b": {"c": 1, "d": 2}}


def test_patch_cannot_make_a_document_too_large(t, door, item):
    assert door.fails(t, "patch", item, {"c": "x" * (1 << 20)}).message == (
        "Value is too large (1.00 MiB > maximum size 1 MiB)"
    )


# replace


def test_replace_removes_all_other_fields(t, door, item):
    before = t.run(lambda ctx: ctx.db.get(item))
    assert door.call(t, "replace", item, {"c": 3}) is None
    assert t.run(lambda ctx: ctx.db.get(item)) == {
        "_id": item,
        "_creationTime": before["_creationTime"],
        "c": 3,
    }


def test_replace_with_the_table(t, door, item):
    door.call(t, "replace", "items", item, {})
    assert get(t, item) == {}


def test_replace_drops_undefined(t, door, item):
    door.call(t, "replace", item, {"a": undefined, "b": 1})
    assert get(t, item) == {"b": 1}


# delete


def test_delete_removes_the_document(t, door, item):
    assert door.call(t, "delete", item) is None
    assert t.run(lambda ctx: ctx.db.get(item)) is None
    assert t.run(lambda ctx: ctx.db.query("items").collect()) == []


def test_delete_with_the_table(t, door, item):
    door.call(t, "delete", "items", item)
    assert t.run(lambda ctx: ctx.db.get(item)) is None


def test_deleting_twice_in_one_mutation_fails_and_undoes_the_first(t, door, item):
    with pytest.raises(FunctionError) as caught:
        door.steps(t, ("delete", item), ("delete", item))
    assert caught.value.message == f"Delete on nonexistent document ID {item}"
    assert get(t, item)["a"] == 1


def test_a_document_may_be_deleted_in_the_mutation_that_inserted_it(t):
    source = """async (ctx) => {
        const id = await ctx.db.insert("items", {});
        await ctx.db.delete(id);
        return await ctx.db.get(id);
    }"""
    assert t.mutation(js(source)) is None


def test_references_to_a_deleted_document_stay(t, door, item):
    other = door.call(t, "insert", "items", {"ref": item})
    door.call(t, "delete", item)
    assert get(t, other) == {"ref": item}


# Ids

BODIES = {"patch": ({},), "replace": ({},), "delete": ()}
changes = pytest.mark.parametrize("method", BODIES)
ACTIONS = {"patch": "Update", "replace": "Replace", "delete": "Delete"}


@changes
@pytest.mark.parametrize("table", [(), ("items",)], ids=repr)
def test_a_change_of_a_document_that_does_not_exist(t, door, item, method, table):
    assert door.fails(t, method, *table, GHOST, *BODIES[method]).message == (
        f"{ACTIONS[method]} on nonexistent document ID {GHOST}"
    )


@changes
@pytest.mark.parametrize(
    ("id", "problem"), [("garbage", "Invalid ID length 7"), ("x" * 31 + "u", "ID wasn't valid base32")]
)
def test_a_change_of_what_is_no_id(t, door, method, id, problem):
    assert door.fails(t, method, id, *BODIES[method]).message == (
        f"Invalid argument `id` for `db.{method}`: Unable to decode ID: {problem}"
    )


@changes
@pytest.mark.parametrize("table", [(), ("items",)], ids=repr)
@pytest.mark.parametrize("id", [IN_TABLE_1, GHOST])
def test_a_change_of_an_id_of_no_table(t, door, method, table, id):
    """GHOST is an id of the first table; none is there yet."""
    assert door.fails(t, method, *table, id, *BODIES[method]).message == (
        f'Invalid argument `id` for `db.{method}`: Table for ID "{id}" not found'
    )


@changes
def test_a_change_with_another_table(t, door, item, method):
    assert door.fails(t, method, "others", item, *BODIES[method]).message == (
        f'Invalid argument `id` for `db.{method}`: expected to be an Id<"others">, got Id<"items"> instead.'
    )


@changes
def test_a_change_of_a_system_document(t, door, method):
    assert door.fails(t, method, GHOST_FILE, *BODIES[method]).message == SYSTEM


# The order of checks


@pytest.mark.parametrize("method", ["patch", "replace"])
@pytest.mark.parametrize(
    ("id", "problem"),
    [
        ("garbage", "Invalid argument `id` for `db.METHOD`: Unable to decode ID: Invalid ID length 7"),
        (IN_TABLE_1, f'Invalid argument `id` for `db.METHOD`: Table for ID "{IN_TABLE_1}" not found'),
        (GHOST_FILE, "Invalid argument `value` for `db.METHOD`: Value must be an Object"),
        (GHOST, "Invalid argument `value` for `db.METHOD`: Value must be an Object"),
    ],
)
def test_the_id_is_checked_before_the_value_and_the_value_before_the_document(t, item, method, id, problem):
    with pytest.raises(FunctionError) as caught:
        t.mutation(js(f"(ctx, id) => ctx.db.{method}(id, [])"), id)
    assert caught.value.message == problem.replace("METHOD", method)


def test_insert_checks_the_value_before_the_table(t):
    with pytest.raises(FunctionError) as caught:
        t.mutation(js("(ctx) => ctx.db.insert('no table', [])"))
    assert caught.value.message == "Invalid argument `value` for `db.insert`: Value must be an Object"


def test_the_table_is_checked_before_the_document(t, door, item):
    door.call(t, "delete", item)
    assert door.fails(t, "delete", "others", item).message == (
        'Invalid argument `id` for `db.delete`: expected to be an Id<"others">, got Id<"items"> instead.'
    )


# Within one transaction


def test_writes_are_seen_at_once(t, door):
    source = """async (ctx) => {
        const id = await ctx.db.insert("items", { n: 1 });
        const seen = [(await ctx.db.get(id)).n];
        await ctx.db.patch(id, { n: 2 });
        seen.push((await ctx.db.get(id)).n, (await ctx.db.query("items").first()).n);
        await ctx.db.replace(id, { n: 3 });
        seen.push((await ctx.db.query("items").withIndex("by_id", (q) => q.eq("_id", id)).unique()).n);
        await ctx.db.delete(id);
        return [...seen, await ctx.db.get(id), await ctx.db.query("items").first()];
    }"""
    assert t.mutation(js(source)) == [1, 2, 2, 3, None, None]


def test_writes_that_nobody_awaits_are_committed(project):
    with project.test(unawaited="ignore") as t:
        t.mutation(js("async (ctx) => { ctx.db.insert('items', { n: 1 }); ctx.db.insert('items', { n: 2 }) }"))
        assert [d["n"] for d in t.run(lambda ctx: ctx.db.query("items").collect())] == [1, 2]


def test_writes_in_parallel_happen_in_the_order_of_the_calls(t):
    t.mutation(js("(ctx) => Promise.all([3, 1, 2].map((n) => ctx.db.insert('items', { n })))"))
    assert [d["n"] for d in t.run(lambda ctx: ctx.db.query("items").collect())] == [3, 1, 2]


def test_a_mutation_that_throws_writes_nothing(t, item):
    with pytest.raises(FunctionError, match="no"):
        t.mutation(
            js(
                "async (ctx, id) => { await ctx.db.patch(id, { a: 2 }); await ctx.db.insert('x', {}); throw "
                "Error('no') }"
            ),
            item,
        )
    assert get(t, item)["a"] == 1
    assert t.run(lambda ctx: ctx.db.query("x").collect()) == []


def test_creation_times_of_one_mutation_strictly_increase(t, door):
    times = t.mutation(
        js("""async (ctx) => {
            const ids = [];
            for (let n = 0; n < 20; n++) ids.push(await ctx.db.insert("items", {}));
            return await Promise.all(ids.map(async (id) => (await ctx.db.get(id))._creationTime));
        }""")
    )
    assert all(later - earlier == 0.000244140625 for earlier, later in pairwise(times))


# No-op updates


@pytest.mark.parametrize(
    ("method", "body"),
    [
        ("patch", {}),
        ("patch", {"a": 1}),
        ("patch", {"b": {"d": 2, "c": 1}}),
        ("patch", {"not_there": undefined}),
        ("replace", {"b": {"d": 2, "c": 1}, "a": 1}),
        ("replace", {"a": 1.0, "b": {"c": 1, "d": 2, "e": undefined}}),
    ],
    ids=repr,
)
def test_an_update_that_changes_nothing_is_no_write_but_a_read(t, door, item, method, body):
    used = metrics_after(t, door, method, item, body)
    assert (used["documentsWritten"], used["bytesWritten"], used["documentsRead"]) == (0, 0, 1)


@pytest.mark.parametrize(
    ("method", "body"), [("patch", {"a": 2}), ("patch", {"a": -0.0}), ("replace", {"a": 1})], ids=repr
)
def test_an_update_that_changes_something_is_a_write(t, door, item, method, body):
    used = metrics_after(t, door, method, item, body)
    assert (used["documentsWritten"], used["documentsRead"]) == (1, 1)


def metrics_after(t, door, method, *args):
    if door.language == "python":

        def handler(ctx):
            getattr(ctx.db, method)(*args)
            return ctx.meta.get_transaction_metrics()

        metrics = t.run(handler)
    else:
        from_javascript = door.source(method, *args)
        metrics = t.mutation(
            js(f"async (ctx) => {{ {from_javascript}; return await ctx.meta.getTransactionMetrics() }}")
        )
    return {name: metric["used"] for name, metric in metrics.items()}
