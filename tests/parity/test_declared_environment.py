"""`defineApp({ env })`: which environment variables a project needs, and what they may be.

Imitated: `finish_push` in `crates/application/src/deploy_config.rs`, `update_environment_variables` and
`validate_env_var_values` in `crates/application/src/lib.rs`.
"""

from __future__ import annotations

import pytest

from convex_test import ProjectError, UsageError, load_project
from convex_test.strategies import args, examples

FILES = {
    "convex/convex.config.ts": """
        import { defineApp } from "convex/server";
        import { v } from "convex/values";
        export default defineApp({
          env: { B_KEY: v.string(), A_KEY: v.string(), MODE: v.optional(v.union(v.literal("dev"), v.literal("prod"))) },
        });
    """,
    "convex/f.ts": """
        import { env, query } from "./_generated/server";
        export const get = query(async (_ctx, { name }: { name: string }) => (env as any)[name] ?? null);
    """,
}
REQUIRED = {"A_KEY": "a", "B_KEY": "b"}
MISMATCH = (
    "Environment variable MODE does not match its declared validator: Value does not match validator.\n"
    '\nValue: "test"\nValidator: v.union(v.literal("dev"), v.literal("prod"))'
)
SETTINGS = {"env": REQUIRED}


def refusal(project, **env):
    with pytest.raises(ProjectError) as caught, project.test(env=env):
        pass
    return str(caught.value)


def test_required_variables_that_are_set(t):
    assert [t.query("f:get", name=name) for name in ("A_KEY", "B_KEY", "MODE")] == ["a", "b", None]


def test_required_variables_that_are_missing(project):
    assert refusal(project) == (
        "Required environment variables are not set: A_KEY, B_KEY. "
        "Set them in the Convex dashboard or CLI before pushing.\n\n"
        'convex/convex.config.ts declares them. Give a test its variables with @pytest.mark.convex(env={"A_KEY": "…", '
        '"B_KEY": "…"}), with project.test(env=…), or all tests with convex_env in the ini file.'
    )


def test_one_that_is_missing(project):
    assert refusal(project, B_KEY="b").startswith("Required environment variables are not set: A_KEY. Set them")


def test_an_empty_one_is_set(project):
    with project.test(env={"A_KEY": "", "B_KEY": ""}) as t:
        assert t.query("f:get", name="A_KEY") == ""


def test_a_value_that_does_not_match(project):
    assert refusal(project, **REQUIRED, MODE="test") == f"{MISMATCH}\n\nIt is declared in convex/convex.config.ts."


def test_what_is_missing_comes_before_what_does_not_match(project):
    assert refusal(project, A_KEY="a", MODE="test").startswith("Required environment variables are not set: B_KEY.")


def test_a_value_is_checked_when_it_is_changed(t):
    t.env["MODE"] = "dev"
    with pytest.raises(UsageError) as caught:
        t.env["MODE"] = "test"
    assert str(caught.value) == f"t.env: {MISMATCH}"
    assert t.query("f:get", name="MODE") == "dev"


def test_an_update_that_does_not_match_changes_nothing(t):
    with pytest.raises(UsageError, match="Environment variable MODE does not match"):
        t.env.update({"A_KEY": "changed", "MODE": "test"})
    assert t.query("f:get", name="A_KEY") == "a"


def test_a_required_one_cannot_be_removed(t):
    with pytest.raises(UsageError) as caught:
        del t.env["A_KEY"]
    assert str(caught.value) == (
        "del t.env['A_KEY']: Cannot delete required environment variables: A_KEY. These are declared as required in "
        "the app definition."
    )
    assert t.query("f:get", name="A_KEY") == "a"


def test_others_can_be_removed(t):
    t.env.update({"MODE": "prod", "OTHER": "undeclared"})
    del t.env["MODE"], t.env["OTHER"]
    assert t.query("f:get", name="MODE") is None


def test_variables_that_are_not_declared_are_free(t):
    t.env["OTHER"] = "anything"
    assert t.query("f:get", name="OTHER") == "anything"


def test_a_fork_has_the_variables_of_the_beginning(t):
    t.env["A_KEY"] = "changed"
    assert t.fork().query("f:get", name="A_KEY") == "a"


def test_functions_are_listed_without_variables(make_project):
    [found] = examples(args("f:get", project=make_project(FILES)), count=1)
    assert isinstance(found, dict)


def test_a_project_that_declares_nothing(write_project):
    with load_project(write_project({"convex/f.ts": FILES["convex/f.ts"]})).test() as t:
        assert t.query("f:get", name="A_KEY") is None
