"""From a name to a function, and who may call what (`crates/udf/src/validation.rs`)."""

from __future__ import annotations

import pytest

from convex_test import FunctionError, FunctionNotFoundError, UsageError, api, internal, js

FILES = {
    "convex/messages.ts": """
        import { action, httpAction, internalAction, internalMutation, internalQuery } from "./_generated/server";
        import { mutation, query } from "./_generated/server";
        export const list = query(async () => "list");
        export const send = mutation(async () => "send");
        export const fetchAll = action(async () => "fetchAll");
        export const secretList = internalQuery(async () => "secretList");
        export const secretSend = internalMutation(async () => "secretSend");
        export const secretFetch = internalAction(async () => "secretFetch");
        export const web = httpAction(async () => new Response(""));
        export const helper = async () => "no function of Convex's";
        export const text = "just a value";
        export default query(async () => "default of messages");
        const renamed = query(async () => "import");
        export { renamed as import, renamed as class, renamed as _private, renamed as __dunder__ };
        export const from = query(async () => "from");
    """,
    "convex/admin/users.ts": """
        import { internalQuery, query } from "../_generated/server";
        export const list = query(async () => "admin/users:list");
        export const purge = internalQuery(async () => "admin/users:purge");
        export default query(async () => "default of admin/users");
    """,
    "convex/admin/deep/er/still.ts": """
        import { query } from "../../../_generated/server";
        export const here = query(async () => "deep");
    """,
    "convex/class.ts": """
        import { query } from "./_generated/server";
        export const find = query(async () => "class:find");
    """,
    "convex/model.js": """
        import { query } from "./_generated/server";
        export const fromJavaScript = query(async () => "model");
    """,
    "convex/admin.ts": """
        import { query } from "./_generated/server";
        export const top = query(async () => "admin:top");
    """,
    "convex/whoami.ts": """
        import { internalMutation, query } from "./_generated/server";
        export const name = query(async (ctx) => await ctx.meta.getFunctionMetadata());
        export const secret = internalMutation(async (ctx) => await ctx.meta.getFunctionMetadata());
        export default query(async (ctx) => await ctx.meta.getFunctionMetadata());
    """,
    "convex/reexported.ts": """
        export { list as theList } from "./messages";
        export * from "./admin/users";
    """,
}


def not_found(t, kind, reference):
    with pytest.raises(FunctionNotFoundError) as caught:
        getattr(t, kind)(reference)
    return caught.value.text


def failure(t, kind, reference):
    with pytest.raises(FunctionError) as caught:
        getattr(t, kind)(reference)
    return caught.value.text


# Forms of a name


def test_a_reference_of_each_kind(t):
    assert t.query(api.messages.list) == "list"
    assert t.mutation(api.messages.send) == "send"
    assert t.action(api.messages.fetchAll) == "fetchAll"


def test_a_string(t):
    assert t.query("messages:list") == "list"


def test_a_string_with_the_extension(t):
    assert t.query("messages.js:list") == "list"


def test_a_folder(t):
    assert t.query(api.admin.users.list) == "admin/users:list"
    assert t.query("admin/users:list") == "admin/users:list"


def test_folders_in_folders(t):
    assert t.query(api.admin.deep.er.still.here) == "deep"
    assert t.query("admin/deep/er/still:here") == "deep"


def test_a_module_and_a_folder_of_the_same_name(t):
    assert t.query(api.admin.top) == "admin:top"
    assert t.query(api.admin.users.list) == "admin/users:list"


def test_a_module_is_its_default_export(t):
    assert t.query(api.messages) == "default of messages"
    assert t.query("messages") == "default of messages"
    assert t.query(api.messages.default) == "default of messages"
    assert t.query("messages:default") == "default of messages"


def test_a_module_in_a_folder_is_its_default_export(t):
    assert t.query(api.admin.users) == "default of admin/users"
    assert t.query("admin/users") == "default of admin/users"
    assert t.query("admin/users:default") == "default of admin/users"


def test_names_that_python_cannot_spell(t):
    assert t.query(api.messages["import"]) == "import"
    assert t.query(api.messages["class"]) == "import"
    assert t.query(api.messages["from"]) == "from"
    assert t.query("messages:import") == "import"
    assert t.query(api["class"].find) == "class:find"
    assert t.query(api["class"]["find"]) == "class:find"


def test_names_with_underscores(t):
    assert t.query(api.messages._private) == "import"
    assert t.query(api.messages["__dunder__"]) == "import"


def test_a_javascript_module(t):
    assert t.query(api.model.fromJavaScript) == "model"


def test_a_reexported_function(t):
    assert t.query(api.reexported.theList) == "list"
    assert t.query(api.reexported.list) == "admin/users:list"


# Authority


@pytest.mark.parametrize(
    ("kind", "reference", "path"),
    [
        ("query", api.messages.secretList, "messages:secretList"),
        ("mutation", api.messages.secretSend, "messages:secretSend"),
        ("action", api.messages.secretFetch, "messages:secretFetch"),
        ("query", api.admin.users.purge, "admin/users:purge"),
    ],
)
def test_api_has_a_clients_authority(t, kind, reference, path):
    assert not_found(t, kind, reference) == f"Could not find public function for '{path}'."


def test_internal_finds_internal_functions(t):
    assert t.query(internal.messages.secretList) == "secretList"
    assert t.mutation(internal.messages.secretSend) == "secretSend"
    assert t.action(internal.messages.secretFetch) == "secretFetch"
    assert t.query(internal.admin.users.purge) == "admin/users:purge"


def test_internal_finds_public_functions(t):
    assert t.query(internal.messages.list) == "list"


def test_strings_find_both(t):
    assert t.query("messages:secretList") == "secretList"
    assert t.query("messages:list") == "list"


def test_an_identity_does_not_widen_a_clients_authority(t):
    text = not_found(t.with_identity(name="Sarah"), "query", api.messages.secretList)
    assert text == "Could not find public function for 'messages:secretList'."


def test_the_note_names_the_file_and_the_way_out(t):
    with pytest.raises(FunctionNotFoundError) as caught:
        t.query(api.messages.secretList)
    assert caught.value.__notes__ == [
        "convex/messages.ts defines secretList as an internal function: "
        "call it as internal.… or by its name as a string."
    ]


# What is not there


@pytest.mark.parametrize("kind", ["query", "mutation", "action"])
@pytest.mark.parametrize(
    ("reference", "path"),
    [
        (api.nowhere.list, "nowhere:list"),
        (api.messages.nothing, "messages:nothing"),
        (api.messages.helper, "messages:helper"),
        (api.messages.text, "messages:text"),
        (api.messages.web, "messages:web"),
        (api.admin.nowhere.list, "admin/nowhere:list"),
        (internal.messages.nothing, "messages:nothing"),
        ("messages:nothing", "messages:nothing"),
        ("nowhere", "nowhere"),
        ("admin/deep/er/still", "admin/deep/er/still"),
    ],
)
def test_what_does_not_exist(t, kind, reference, path):
    assert not_found(t, kind, reference) == f"Could not find public function for '{path}'."


def test_names_are_case_sensitive(t):
    assert not_found(t, "query", api.messages.List) == "Could not find public function for 'messages:List'."
    assert not_found(t, "query", api.Messages.list) == "Could not find public function for 'Messages:list'."


def test_the_schema_is_no_module_of_functions(t):
    assert not_found(t, "query", api.schema.list) == "Could not find public function for 'schema:list'."


def test_generated_code_is_no_module_of_functions(t):
    assert not_found(t, "query", "_generated/server:query") == (
        "Could not find public function for '_generated/server:query'."
    )


def test_a_near_name_is_suggested(t):
    with pytest.raises(FunctionNotFoundError) as caught:
        t.query(api.messages.lst)
    assert "Did you mean list?" in caught.value.__notes__[0]


def test_the_root_alone_is_no_function(t):
    with pytest.raises(UsageError, match="names no function"):
        t.query(api)


def test_a_reference_is_not_called(t):
    with pytest.raises(UsageError, match="is a reference, not a function"):
        api.messages.list()


# Kinds


@pytest.mark.parametrize(
    ("kind", "reference", "text"),
    [
        ("query", api.messages.send, "Trying to execute messages.js:send as Query, but it is defined as Mutation."),
        (
            "query",
            api.messages.fetchAll,
            "Trying to execute messages.js:fetchAll as Query, but it is defined as Action.",
        ),
        ("mutation", api.messages.list, "Trying to execute messages.js:list as Mutation, but it is defined as Query."),
        (
            "mutation",
            api.messages.fetchAll,
            "Trying to execute messages.js:fetchAll as Mutation, but it is defined as Action.",
        ),
        ("action", api.messages.list, "Trying to execute messages.js:list as Action, but it is defined as Query."),
        ("action", api.messages.send, "Trying to execute messages.js:send as Action, but it is defined as Mutation."),
        (
            "mutation",
            api.admin.users,
            "Trying to execute admin/users.js:default as Mutation, but it is defined as Query.",
        ),
        (
            "query",
            internal.messages.secretSend,
            "Trying to execute messages.js:secretSend as Query, but it is defined as Mutation.",
        ),
    ],
)
def test_the_wrong_kind(t, kind, reference, text):
    assert failure(t, kind, reference) == text


def test_an_internal_function_of_the_wrong_kind_is_not_found_by_a_client(t):
    assert not_found(t, "query", api.messages.secretSend) == (
        "Could not find public function for 'messages:secretSend'."
    )


# From inside


def test_functions_know_their_names(t):
    assert t.query(api.whoami.name) == {
        "name": "whoami:name",
        "componentPath": "",
        "type": "query",
        "visibility": "public",
    }
    assert t.mutation(internal.whoami.secret) == {
        "name": "whoami:secret",
        "componentPath": "",
        "type": "mutation",
        "visibility": "internal",
    }


def test_a_default_export_has_its_modules_name(t):
    assert t.query(api.whoami)["name"] == "whoami"


def test_a_nested_function_knows_its_own_name(t):
    assert t.mutation(js("async (ctx) => (await ctx.runQuery(api.whoami.name, {})).name")) == "whoami:name"


def test_snippets_reach_functions_by_nested_references(t):
    snippet = """async (ctx) => [
      await ctx.runQuery(api.admin.users.list, {}), await ctx.runQuery(internal.admin.users.purge, {}),
      await ctx.runQuery(api.messages.default, {}), await ctx.runQuery(api.messages.import, {}),
      await ctx.runQuery("messages", {}),
    ]"""
    assert t.query(js(snippet)) == [
        "admin/users:list",
        "admin/users:purge",
        "default of messages",
        "import",
        "default of messages",
    ]


def test_a_reference_to_a_module_alone_inside(t):
    with pytest.raises(FunctionError) as caught:
        t.query(js("async (ctx) => await ctx.runQuery(api.messages, {})"))
    assert caught.value.text == (
        "Uncaught Error: API path is expected to be of the form `api.moduleName.functionName`. Found: `api.messages`"
    )


def test_something_that_is_no_reference_inside(t):
    with pytest.raises(FunctionError) as caught:
        t.query(js("async (ctx) => await ctx.runQuery({}, {})"))
    assert caught.value.text == "Uncaught Error: [object Object] is not a functionReference"


def test_a_function_that_is_called_directly_warns(t):
    snippet = """async (ctx) => { const m = await load("messages"); return await m.list(ctx, {}); }"""
    assert t.query(js(snippet)) == "list"
    assert t.logs[0].level == "WARN"
    assert "Convex functions should not directly call other Convex functions." in t.logs[0].message


def test_python_handlers_find_functions_likewise(t):
    with t.transaction() as ctx:
        assert ctx.run_query(api.messages) == "default of messages"
        assert ctx.run_query(internal.messages.secretList) == "secretList"
        assert ctx.run_query(api.admin.users.list) == "admin/users:list"
        with pytest.raises(FunctionNotFoundError) as caught:
            ctx.run_query(api.messages.nothing)
    assert caught.value.text == "Could not find public function for 'messages:nothing'."
