"""`process.env` and `t.env`.

Imitated: `crates/common/src/types/environment_variables.rs`, `npm-packages/udf-runtime/src/setup.ts`.
"""

from __future__ import annotations

import pytest

from convex_test import FunctionError, UsageError, api, js

FILES = {
    "convex/env.ts": """
        import { action, mutation, query } from "./_generated/server";
        import { internal } from "./_generated/api";
        const atImport = process.env.AT_IMPORT;
        export const key = query(async () => process.env.API_KEY ?? null);
        export const keyInMutation = mutation(async () => process.env.API_KEY ?? null);
        export const keyInAction = action(async () => process.env.API_KEY ?? null);
        export const imported = query(async () => atImport ?? null);
        export const nodeEnv = query(async () => process.env.NODE_ENV);
        export const nested = mutation(async (ctx): Promise<any> => await ctx.runQuery(internal.env.key, {}));
        export const generated = query(async () => process.env.CONVEX_CLOUD_URL);
    """,
}


def env(t, expression):
    return t.query(js(f"async () => ({expression}) ?? null"))


# What functions see


def test_a_variable_that_is_set(t):
    t.env["API_KEY"] = "secret"
    assert t.query(api.env.key) == "secret"
    assert t.mutation(api.env.keyInMutation) == "secret"
    assert t.action(api.env.keyInAction) == "secret"


def test_a_variable_that_is_not_set(t):
    assert env(t, "process.env.NOPE === undefined") is True


def test_a_variable_that_was_changed(t):
    t.env["API_KEY"] = "one"
    assert t.query(api.env.key) == "one"
    t.env["API_KEY"] = "two"
    assert t.query(api.env.key) == "two"


def test_a_variable_that_was_removed(t):
    t.env["API_KEY"] = "one"
    assert t.query(api.env.key) == "one"
    del t.env["API_KEY"]
    assert t.query(api.env.key) is None


def test_an_empty_variable_is_set(t):
    t.env["API_KEY"] = ""
    assert env(t, "process.env.API_KEY") == ""


def test_a_variable_of_several_lines(t):
    t.env["PEM"] = "-----BEGIN-----\nü\n-----END-----"
    assert env(t, "process.env.PEM") == "-----BEGIN-----\nü\n-----END-----"


def test_a_nested_call_sees_it(t):
    t.env["API_KEY"] = "secret"
    assert t.mutation(api.env.nested) == "secret"


def test_the_urls_of_the_deployment(t):
    assert env(t, "[process.env.CONVEX_CLOUD_URL, process.env.CONVEX_SITE_URL]") == [
        "https://convex-test-000.convex.cloud",
        "https://convex-test-000.convex.site",
    ]
    assert t.query(api.env.generated) == "https://convex-test-000.convex.cloud"


def test_node_env_is_production(t):
    assert t.query(api.env.nodeEnv) == "production"


def test_modules_see_variables_while_they_load(project):
    with project.test(env={"AT_IMPORT": "early"}) as t:
        assert t.query(api.env.imported) == "early"


def test_a_variable_given_to_the_test(project):
    with project.test(env={"API_KEY": "given"}) as t:
        assert t.query(api.env.key) == "given"


def test_each_test_has_its_own_variables(project):
    with project.test(env={"API_KEY": "first"}) as first, project.test() as second:
        assert first.query(api.env.key) == "first"
        assert second.query(api.env.key) is None
        second.env["API_KEY"] = "second"
        assert first.query(api.env.key) == "first"


def test_another_identity_has_the_same_variables(t):
    t.with_identity(name="Sarah").env["API_KEY"] = "shared"
    assert t.query(api.env.key) == "shared"


def test_nothing_of_the_machine_leaks_in(t, monkeypatch):
    monkeypatch.setenv("API_KEY", "of the machine")
    assert t.query(api.env.key) is None
    assert env(t, "process.env.PATH === undefined && process.env.HOME === undefined") is True


# process


def test_process_has_only_env(t):
    assert env(t, "Object.keys(process)") == ["env"]
    assert (
        env(
            t,
            '["cwd", "argv", "version", "versions", "nextTick", "exit"].map((name) => typeof process[name])',
        )
        == ["undefined"] * 6
    )


def test_in_sees_nothing(t):
    t.env["API_KEY"] = "secret"
    assert env(t, '["API_KEY" in process.env, Object.hasOwn(process.env, "API_KEY")]') == [False, False]


def test_keys_are_empty(t):
    t.env["API_KEY"] = "secret"
    assert env(t, "[Object.keys(process.env), JSON.stringify(process.env), { ...process.env }]") == [[], "{}", {}]


def test_destructuring(t):
    t.env["API_KEY"] = "secret"
    assert t.query(
        js("async () => { const { API_KEY, NOPE = 'default' } = process.env; return [API_KEY, NOPE]; }")
    ) == [
        "secret",
        "default",
    ]


def test_what_is_written_cannot_be_read_back(t):
    t.env["API_KEY"] = "secret"
    snippet = """async () => {
      process.env.API_KEY = 'x';
      process.env.NEW = 'y';
      return [process.env.API_KEY, process.env.NEW ?? null];
    }"""
    assert t.query(js(snippet)) == ["secret", None]


def test_what_is_written_is_gone_in_the_next_test(project):
    keys = js("async () => [Object.keys(process.env), 'NEW' in process.env]")
    with project.test() as first:
        assert first.query(js("async () => { process.env.NEW = 'y'; return Object.keys(process.env); }")) == ["NEW"]
    with project.test() as second:
        assert second.query(keys) == [[], False]


@pytest.mark.parametrize("name", ["A-B", "1A", "", "A.B", "Ä", "A B"])
def test_a_name_that_is_invalid(t, name):
    with pytest.raises(FunctionError) as caught:
        t.query(js("async (ctx, name) => process.env[name]"), name)
    assert caught.value.text == (
        f"Uncaught Error: The environment variable name {name} is invalid. Environment variable names must begin with "
        "a letter and may only include characters a-z, A-Z, 0-9, and underscores."
    )


def test_a_name_that_is_invalid_can_be_caught(t):
    assert t.query(js("async () => { try { process.env['A-B']; } catch { return 'caught'; } }")) == "caught"


def test_inspect_is_a_function_while_it_is_not_set(t):
    assert env(t, "process.env.inspect()") == "[process.env]"
    t.env["inspect"] = "set"
    assert env(t, "process.env.inspect") == "set"


def test_symbols_are_not_names(t):
    assert env(t, "process.env[Symbol.iterator] === undefined") is True


def test_printing_process_env(t):
    t.env["API_KEY"] = "secret"
    t.query(js("async () => { console.log(process.env); }"))
    assert "secret" not in t.logs[0].message


# t.env


def test_it_is_a_mapping(t):
    t.env["B"] = "2"
    t.env.update({"A": "1"})
    assert t.env["A"] == "1"
    assert set(t.env) == {"A", "B", "CONVEX_CLOUD_URL", "CONVEX_SITE_URL"}
    assert len(t.env) == 4
    assert "A" in t.env
    assert t.env.get("NOPE") is None
    assert t.env.pop("A") == "1"
    assert "A" not in t.env


def test_a_variable_that_is_missing(t):
    with pytest.raises(KeyError):
        t.env["NOPE"]
    with pytest.raises(KeyError):
        del t.env["NOPE"]


@pytest.mark.parametrize("name", ["CONVEX_CLOUD_URL", "CONVEX_SITE_URL"])
def test_built_in_variables_cannot_be_changed(t, name):
    with pytest.raises(UsageError) as caught:
        t.env[name] = "https://example.com"
    assert str(caught.value) == (
        f't.env[{name!r}]: Environment variable with name "{name}" is built-in and cannot be overridden'
    )
    with pytest.raises(UsageError, match="set by Convex"):
        del t.env[name]


@pytest.mark.parametrize("name", ["", "1A", "A-B", "A B", "Ä", "A\n"])
def test_names_that_a_deployment_refuses(t, name):
    with pytest.raises(UsageError) as caught:
        t.env[name] = "x"
    assert str(caught.value) == (
        f"t.env[{name!r}]: The environment variable name {name} is invalid. Environment variable names must begin with "
        "a letter and may only include characters a-z, A-Z, 0-9, and underscores."
    )
    assert len(t.env) == 2


@pytest.mark.parametrize("name", ["_A", "__", "a", "A_1", "convex", "PATH"])
def test_names_that_a_deployment_takes(t, name):
    t.env[name] = "set"
    assert env(t, f"process.env.{name}") == "set"


def test_a_name_that_is_too_long(t):
    text = f"The environment variable name {'x' * 257} is too long. Environment variable names must be less than 256."
    with pytest.raises(UsageError, match=text):
        t.env["x" * 257] = "long"
    with pytest.raises(FunctionError) as caught:
        env(t, 'process.env["x".repeat(257)]')
    assert caught.value.message == text


def test_as_many_variables_as_there_may_be(t):
    t.env.update({f"V{number}": "" for number in range(512)})
    t.env["V0"] = "changed"
    with pytest.raises(UsageError) as caught:
        t.env["V512"] = ""
    assert str(caught.value) == "t.env: The environment variable limit (512) has been met."
    del t.env["V0"]
    t.env["V512"] = "now"
    assert env(t, "process.env.V512") == "now"


def test_as_much_as_they_may_hold(t):
    # 64 × (8,190 + 2) bytes are 512 KiB.
    t.env.update({f"{number:c}{number:c}": "x" * 8190 for number in range(65, 65 + 26)})
    t.env.update({f"{number:c}{number:c}": "x" * 8190 for number in range(97, 97 + 26)})
    t.env.update({f"A{number:c}": "x" * 8190 for number in range(97, 97 + 12)})
    with pytest.raises(UsageError) as caught:
        t.env["B"] = ""
    assert str(caught.value) == (
        "t.env: The total size of all environment variables (524289 bytes) exceeds the limit (524288 bytes)."
    )
    assert "B" not in t.env


def test_an_update_with_a_bad_name_changes_nothing(t):
    t.env["A"] = "before"
    with pytest.raises(UsageError, match="The environment variable name B-C is invalid"):
        t.env.update({"A": "after", "B-C": "x"})
    assert t.env["A"] == "before"
    assert env(t, "process.env.A") == "before"


def test_the_longest_name(t):
    t.env["x" * 256] = "long"
    assert env(t, 'process.env["x".repeat(256)]') == "long"


def test_the_largest_value(t):
    t.env["BIG"] = "x" * 8192
    assert env(t, "process.env.BIG.length") == 8192
    with pytest.raises(UsageError) as caught:
        t.env["BIG"] = "€" * 2731
    assert str(caught.value) == (
        "t.env['BIG']: The environment variable value is 8193 bytes, which is too large. (max size: 8192"
    )


@pytest.mark.parametrize("value", [None, 5, b"x", True])
def test_a_value_that_is_no_text(t, value):
    with pytest.raises(UsageError, match=f"the value of an environment variable is a str, not {value!r}"):
        t.env["A"] = value


def test_a_name_that_is_no_text(t):
    with pytest.raises(UsageError, match=r"t.env\[5\]: the name of an environment variable is a str."):
        t.env[5] = "x"


def test_half_a_surrogate_pair(t):
    with pytest.raises(UsageError, match="the value has half a surrogate pair at position 1"):
        t.env["A"] = "a\ud800"


def test_variables_given_to_the_test_are_checked(project):
    text = r"env\['A-B'\]: The environment variable name A-B is invalid"
    with pytest.raises(UsageError, match=text), project.test(env={"A-B": "x"}):
        pass


def test_a_variable_that_is_changed_while_a_transaction_is_open_is_seen_by_the_next(t):
    t.env["API_KEY"] = "before"
    with t.transaction() as ctx:
        assert ctx.run_query(api.env.key) == "before"
    t.env["API_KEY"] = "after"
    assert t.query(api.env.key) == "after"
