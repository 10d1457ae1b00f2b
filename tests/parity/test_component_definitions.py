"""`convex.config.ts`: what a push refuses, with its texts, and the environment that components are given.

Imitated: `crates/isolate/src/environment/component_definitions.rs`, `crates/model/src/components/type_checking.rs`,
`get_environment_variable` in `crates/isolate/src/environment/udf/phase.rs`.
"""

from __future__ import annotations

import pytest

from convex_test import FunctionError, ProjectError, UsageError, components, load_project

FUNCTIONS = {
    "convex/a/f.ts": """
        import { query } from "./_generated/server";
        export const get = query(async (_ctx, { name }: { name: string }) => process.env[name] ?? null);
    """,
}


def config(body, imports=""):
    return f"""
        import {{ defineApp }} from "convex/server";
        import {{ v }} from "convex/values";
        {imports}
        {body}
    """


def component(body, imports=""):
    return f"""
        import {{ defineComponent }} from "convex/server";
        import {{ v }} from "convex/values";
        {imports}
        {body}
    """


A = 'import a from "./a/convex.config";'
DEFAULT_A = {"convex/a/convex.config.ts": component('export default defineComponent("a");')} | FUNCTIONS


def refusal(make_t, files, **options):
    with pytest.raises(ProjectError) as caught:
        make_t(DEFAULT_A | files, **options)
    return str(caught.value)


INVALID_APP = (
    "The default export of `convex.config.ts` in your app has an invalid value ({}). Please make sure that you’re "
    "exporting the return value of `defineApp()` (`import {{ defineApp }} from 'convex/server'`).\n\n"
    "The definition is convex/convex.config.ts."
)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("export const app = defineApp();", "missing default export"),
        ("export default 1;", "the default export is not an object"),
        ("export default {};", "missing `export` property on the default export of `convex.config.ts`"),
        (
            "export const b = 1; export default defineApp();",
            "`convex.config.ts` has more than one export",
        ),
        (
            "export default { export: 1 };",
            "`app.export` (where `app` is the default export of `convex.config.ts`) is not a function",
        ),
        (
            "export default { export: () => 1 };",
            "`app.export()` (where `app` is the default export of `convex.config.ts`) doesn’t return an object",
        ),
    ],
)
def test_what_the_app_must_export(make_t, body, problem):
    assert refusal(make_t, {"convex/convex.config.ts": config(body)}) == INVALID_APP.format(problem)


def test_what_a_component_must_export(make_t):
    text = refusal(
        make_t,
        {
            "convex/convex.config.ts": config("const app = defineApp(); app.use(a); export default app;", A),
            "convex/a/convex.config.ts": "export const nothing = 1;",
        },
    )
    assert text == (
        "The default export of `convex.config.ts` in component `a` has an invalid value (missing default export). "
        "Please make sure that the component is exporting the return value of `defineComponent()` "
        "(`import { defineComponent } from 'convex/server'`).\n\nThe definition is convex/a/convex.config.ts."
    )


def test_a_definition_that_throws_has_its_place(make_t):
    text = refusal(make_t, {"convex/convex.config.ts": config("throw new Error('no');\nexport default defineApp();")})
    assert text.startswith("Failed to analyze convex.config.js: Uncaught Error: no\n")
    assert "(convex/convex.config.ts:5:" in text


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("Math.random()", "Math.random unsupported when evaluating app definition"),
        ("Date.now()", "Date unsupported when evaluating app definition"),
        ("new Date()", "Date unsupported when evaluating app definition"),
        ("performance.now()", "The Performance API is not supported when evaluating app definition"),
        ("crypto.randomUUID()", "Cannot use cryptographic randomness when evaluating app definition"),
    ],
)
def test_what_a_definition_may_not_do(make_t, expression, problem):
    text = refusal(
        make_t, {"convex/convex.config.ts": config(f"console.log({expression});\nexport default defineApp();")}
    )
    assert f"Uncaught Error: {problem}\n" in text


def test_only_the_app_may_read_the_environment(make_t):
    text = refusal(
        make_t,
        {
            "convex/convex.config.ts": config("const app = defineApp(); app.use(a); export default app;", A),
            "convex/a/convex.config.ts": component("process.env.X; export default defineComponent('a');"),
        },
    )
    assert "Environment variables are only supported in the app's convex.config.ts. Learn more at " in text


def test_the_app_may_choose_components_by_its_environment(write_project):
    choice = "const app = defineApp(); if (process.env.WITH_A) app.use(a); export default app;"
    project = load_project(write_project(DEFAULT_A | {"convex/convex.config.ts": config(choice, A)}))
    with project.test(env={"WITH_A": "yes", "X": "seen"}) as t:
        assert t.query(components.a.f.get, name="X") is None
    with project.test() as t, pytest.raises(UsageError, match=r"convex\.config\.ts mounts none"):
        t.query(components.a.f.get, name="X")


def test_two_children_of_one_name(make_t):
    text = refusal(
        make_t,
        {"convex/convex.config.ts": config("const app = defineApp(); app.use(a); app.use(a); export default app;", A)},
    )
    assert text == (
        'Component ComponentDefinitionPath { path: "" } has multiple child components with the same name: '
        'ComponentName(Identifier("a"))\n\nComponents are mounted in convex/convex.config.ts.'
    )


def test_definitions_that_import_each_other(make_t):
    text = refusal(
        make_t,
        {
            "convex/convex.config.ts": config("const app = defineApp(); app.use(a); export default app;", A),
            "convex/a/convex.config.ts": component(
                "const a = defineComponent('a'); a.use(b); export default a;", 'import b from "../b/convex.config";'
            ),
            "convex/b/convex.config.ts": component(
                "const b = defineComponent('b'); b.use(a); export default b;", 'import a from "../a/convex.config";'
            ),
        },
    )
    assert text.startswith("Found cyclic definition dependency\n")


def test_a_component_with_a_broken_schema(make_t):
    text = refusal(
        make_t,
        {
            "convex/convex.config.ts": config("const app = defineApp(); app.use(a); export default app;", A),
            "convex/a/schema.ts": "export default 1;",
        },
    )
    assert text.startswith("Hit an error while evaluating your schema:\n")
    assert text.endswith("convex/a/schema.ts")


def test_node_modules_are_not_for_components(make_t):
    text = refusal(
        make_t,
        {
            "convex/convex.config.ts": config("const app = defineApp(); app.use(a); export default app;", A),
            "convex/a/node.ts": '"use node";\nexport const x = 1;',
        },
    )
    assert text.startswith('"use node" directive is not supported in components. Remove it from the component at: ')


def test_a_name_that_is_no_identifier(make_t):
    text = refusal(
        make_t,
        {
            "convex/convex.config.ts": config(
                "const app = defineApp(); app.use(a, { name: 'a-b' }); export default app;", A
            )
        },
    )
    assert text.startswith("Identifier a-b has invalid character '-': ")


def test_a_component_that_is_linked_from_elsewhere(write_project, tmp_path):
    elsewhere = tmp_path / "store" / "node_modules" / "linked" / "component"
    elsewhere.mkdir(parents=True)
    (elsewhere / "convex.config.js").write_text(
        'import { defineComponent } from "convex/server"; export default defineComponent("linked");', encoding="utf-8"
    )
    (elsewhere / "f.js").write_text(
        'import { queryGeneric } from "convex/server";\n'
        'export const fail = queryGeneric(() => { throw new Error("no") });',
        encoding="utf-8",
    )
    use = config(
        "const app = defineApp(); app.use(linked); export default app;", 'import linked from "./link/convex.config";'
    )
    root = write_project({"convex/convex.config.ts": use})
    (root / "convex" / "link").symlink_to(elsewhere)
    (tmp_path / "store" / "node_modules" / "convex").symlink_to(root / "node_modules" / "convex")
    with load_project(root).test() as t, pytest.raises(FunctionError, match="no") as caught:
        t.query(components.linked.f.fail)
    assert caught.value.frames[0].file == "node_modules/linked/component/f.js"


# Environment

WITH_ENV = {
    "convex/a/convex.config.ts": component(
        """export default defineComponent("a", {
          env: { KEY: v.string(), MODE: v.optional(v.union(v.literal("x"), v.literal("y"))) },
        });"""
    )
}


def use(options, app=""):
    return config(f"const app = defineApp({app}); app.use(a, {options}); export default app;", A)


@pytest.mark.parametrize(
    ("options", "app", "problem"),
    [
        ("{}", "", 'Component [{a}] is missing required env var Identifier("KEY")'),
        ("{ env: { KEY: 'k', OTHER: 'o' } }", "", 'Component [{a}] has no env var named Identifier("OTHER")'),
        (
            "{ env: { KEY: 'k', MODE: 'z' } }",
            "",
            'Component [{a}] has an invalid value for env var Identifier("MODE"): Value does not match validator.',
        ),
        (
            "{ env: { KEY: { __envVarRef: 'NOPE' } } }",
            "",
            'Component [{a}] env var Identifier("KEY") references undeclared parent env var NOPE',
        ),
        (
            "{ env: { KEY: app.env.MAYBE } }",
            "{ env: { MAYBE: v.optional(v.string()) } }",
            'Component [{a}] env var Identifier("KEY") is required, but parent env var MAYBE is optional',
        ),
        (
            "{ env: { KEY: 'k', MODE: app.env.ANY } }",
            "{ env: { ANY: v.string() } }",
            'Component [{a}] env var Identifier("MODE") validator is not satisfied by parent env var ANY validator',
        ),
    ],
)
def test_what_is_wrong_with_the_variables_of_a_component(make_t, options, app, problem):
    text = refusal(make_t, WITH_ENV | {"convex/convex.config.ts": use(options, app)}, env={"ANY": "x"})
    assert text.startswith(problem.replace("{a}", 'ComponentName(Identifier("a"))'))


def test_a_component_sees_what_it_is_given(make_t):
    t = make_t(
        DEFAULT_A
        | WITH_ENV
        | {
            "convex/convex.config.ts": use(
                "{ env: { KEY: app.env.APP_KEY, MODE: 'y' } }", "{ env: { APP_KEY: v.string() } }"
            )
        },
        env={"APP_KEY": "first", "OTHER": "o"},
    )
    names = ("KEY", "MODE", "APP_KEY", "OTHER")
    assert [t.query(components.a.f.get, name=name) for name in names] == ["first", "y", None, None]
    t.env["APP_KEY"] = "second"
    assert t.query(components.a.f.get, name="KEY") == "second"
