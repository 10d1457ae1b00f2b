"""`t.run` and `t.transaction`: the test reads and writes the database itself, with a `ctx` like a mutation's."""

import pytest

from convex_test import SchemaValidationError, api, undefined


class OnPurposeError(Exception):
    pass


def insert_user(ctx, name, **fields):
    return ctx.db.insert("users", {"tokenIdentifier": f"https://login.example.com|{name}", "name": name, **fields})


def test_run_commits_what_the_function_wrote(t):
    user_id = t.run(insert_user, "Sarah")

    assert t.run(lambda ctx: ctx.db.get(user_id))["name"] == "Sarah"


def test_a_block_is_one_transaction(t):
    with t.transaction() as ctx:
        user_id = insert_user(ctx, "Sarah")
        ctx.db.patch(user_id, {"email": "sarah@example.com"})
        assert ctx.db.get("users", user_id)["email"] == "sarah@example.com"


def test_an_exception_rolls_back_and_comes_out_unchanged(t):
    with pytest.raises(OnPurposeError), t.transaction() as ctx:
        insert_user(ctx, "Sarah")
        raise OnPurposeError

    with t.transaction() as ctx:
        assert ctx.db.query("users").collect() == []


def test_indexes_are_queried_as_in_typescript(t, sarah, general):
    with t.transaction() as ctx:
        author = ctx.db.query("users").first()["_id"]
        for title, priority, status in (("A", 1, "open"), ("B", 5, "open"), ("C", 5, "done")):
            task = {"channelId": general, "title": title, "priority": priority, "status": status, "createdBy": author}
            ctx.db.insert("tasks", task)

        urgent = ctx.db.query("tasks").with_index(
            "by_channel_and_status",
            lambda q: q.eq("channelId", general).eq("status", "open").gte("priority", 2),
        )
        assert [task["title"] for task in urgent] == ["B"]

        by_title = ctx.db.query("tasks").filter(lambda q: q.neq(q.field("title"), "B")).order("desc")
        assert [task["title"] for task in by_title.collect()] == ["C", "A"]


def test_missing_fields_are_found_with_undefined(t):
    with t.transaction() as ctx:
        insert_user(ctx, "Sarah", email="sarah@example.com")
        insert_user(ctx, "Lee")
        without = ctx.db.query("users").filter(lambda q: q.eq(q.field("email"), undefined))

        assert without.unique()["name"] == "Lee"


def test_replace_and_delete(t):
    with t.transaction() as ctx:
        user_id = insert_user(ctx, "Sarah", email="sarah@example.com")

        ctx.db.replace(user_id, {"tokenIdentifier": "https://login.example.com|sarah", "name": "Sarah B."})
        assert "email" not in ctx.db.get(user_id)

        ctx.db.delete(user_id)
        assert ctx.db.get(user_id) is None


def test_the_schema_holds_for_tests_as_well(t):
    with (
        pytest.raises(SchemaValidationError, match="missing the required field `tokenIdentifier`"),
        t.transaction() as ctx,
    ):
        ctx.db.insert("users", {"name": "Sarah"})


def test_a_page_comes_back_with_convex_own_keys(t):
    with t.transaction() as ctx:
        for name in ("Sarah", "Lee", "Tom"):
            insert_user(ctx, name)

    page = t.run(lambda ctx: ctx.db.query("users").paginate(num_items=2, cursor=None))

    assert [user["name"] for user in page["page"]] == ["Sarah", "Lee"]
    assert page["isDone"] is False


def test_a_transaction_may_call_functions(t):
    sarah = t.with_identity(name="Sarah")
    with sarah.transaction() as ctx:
        user_id = ctx.run_mutation(api.users.signIn)
        assert ctx.run_query("users:get", userId=user_id)["name"] == "Sarah"
