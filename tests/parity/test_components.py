"""Calls into components and out of them: what is found, what it sees, what is rolled back.

Imitated: `crates/model/src/components/mod.rs`, `run_udf` in `crates/isolate/src/environment/udf/async_syscall.rs`,
`crates/model/src/components/auth.rs`.
"""

from __future__ import annotations

import pytest

from convex_test import (
    ArgumentValidationError,
    ConvexError,
    FunctionError,
    FunctionNotFoundError,
    UsageError,
    api,
    components,
    internal,
    js,
    module,
)

COUNTER = {
    "convex/counter/convex.config.ts": """
        import { defineComponent } from "convex/server";
        export default defineComponent("counter");
    """,
    "convex/counter/schema.ts": """
        import { defineSchema, defineTable } from "convex/server";
        import { v } from "convex/values";
        export default defineSchema({ steps: defineTable({ name: v.string(), by: v.number() }) });
    """,
    "convex/counter/public.ts": """
        import { mutation, query, action, internalMutation } from "./_generated/server";
        import { internal, api } from "./_generated/api";
        import { ConvexError, v } from "convex/values";

        let calls = 0;
        export const add = mutation({
          args: { name: v.string(), by: v.number() },
          returns: v.id("steps"),
          handler: async (ctx, args) => {
            calls++;
            return await ctx.db.insert("steps", args);
          },
        });
        export const addThenFail = mutation(async (ctx, { name }: { name: string }) => {
          await ctx.db.insert("steps", { name, by: 1000 });
          throw new ConvexError({ code: "NO", name });
        });
        export const hidden = internalMutation(async () => "hidden");
        export const viaInternal = mutation(async (ctx) => await ctx.runMutation(internal.public.hidden, {}));
        export const total = query({
          args: { name: v.string() },
          handler: async (ctx, { name }) => {
            const steps = await ctx.db.query("steps").collect();
            return steps.filter((step) => step.name === name).reduce((sum, step) => sum + step.by, 0);
          },
        });
        export const takesId = query({
          args: { id: v.id("steps") },
          handler: async (ctx, { id }) => await ctx.db.get(id),
        });
        export const whoami = query(async (ctx) => await ctx.auth.getUserIdentity());
        export const whoamiAction = action(async (ctx) => await ctx.auth.getUserIdentity());
        export const where = query(async (ctx) => await ctx.meta.getFunctionMetadata());
        export const environment = query(async () => ({
          secret: process.env.SECRET ?? null, site: process.env.CONVEX_SITE_URL, cloud: process.env.CONVEX_CLOUD_URL,
        }));
        export const page = query(async (ctx) =>
          await ctx.db.query("steps").paginate({ numItems: 1, cursor: null }));
        export const callsOfThisModule = query(async () => calls);
        export const throws = query(async () => { throw new Error("inside"); });
        export const act = action(async (ctx, { name }: { name: string }) => {
          await ctx.runMutation(api.public.add, { name, by: 5 });
          return await ctx.runQuery(api.public.total, { name });
        });
    """,
    "convex/counter/nested/deep.ts": """
        import { query } from "../_generated/server";
        export default query(async () => "default of nested/deep");
    """,
}
APP = {
    "convex/convex.config.ts": """
        import { defineApp } from "convex/server";
        import counter from "./counter/convex.config";
        const app = defineApp();
        app.use(counter);
        app.use(counter, { name: "second" });
        export default app;
    """,
    "convex/schema.ts": """
        import { defineSchema, defineTable } from "convex/server";
        import { v } from "convex/values";
        export default defineSchema({ notes: defineTable({ text: v.string() }) });
    """,
    "convex/app.ts": """
        import { mutation, query, action } from "./_generated/server";
        import { components } from "./_generated/api";

        export const add = mutation(async (ctx, { name, by }: { name: string; by: number }) => {
          await ctx.db.insert("notes", { text: name });
          return await ctx.runMutation(components.counter.public.add, { name, by });
        });
        export const addAndFail = mutation(async (ctx) => {
          await ctx.runMutation(components.counter.public.add, { name: "a", by: 1 });
          throw new Error("after");
        });
        export const addAndCatch = mutation(async (ctx) => {
          await ctx.runMutation(components.counter.public.add, { name: "a", by: 1 });
          try {
            await ctx.runMutation(components.counter.public.addThenFail, { name: "a" });
          } catch (error: any) {
            return error.data;
          }
        });
        export const total = query(async (ctx, { name }: { name: string }) =>
          await ctx.runQuery(components.counter.public.total, { name }));
        export const passNoteId = mutation(async (ctx) => {
          const id = await ctx.db.insert("notes", { text: "x" });
          return await ctx.runQuery(components.counter.public.takesId, { id: id as any });
        });
        export const whoami = query(async (ctx) => await ctx.runQuery(components.counter.public.whoami, {}));
        export const whoamiFromAction = action(async (ctx) => [
          (await ctx.auth.getUserIdentity())?.name ?? null,
          await ctx.runQuery(components.counter.public.whoami, {}),
          await ctx.runAction(components.counter.public.whoamiAction, {}),
        ]);
        export const act = action(async (ctx, { name }: { name: string }) =>
          await ctx.runAction(components.counter.public.act, { name }));
        export const missing = mutation(async (ctx) =>
          await ctx.runMutation((components as any).nobody.public.add, {}));
        export const missingModule = query(async (ctx) => await ctx.runQuery((components as any).counter.nope.add, {}));
        export const internalOfComponent = mutation(async (ctx) =>
          await ctx.runMutation((components as any).counter.public.hidden, {}));
        export const internalFromAction = action(async (ctx) =>
          await ctx.runMutation((components as any).counter.public.hidden, {}));
        export const missingFromAction = action(async (ctx) => await ctx.runQuery((components as any).nobody.a.b, {}));
        export const throws = query(async (ctx) => await ctx.runQuery(components.counter.public.throws, {}));
    """,
}


@pytest.fixture
def t(make_t):
    return make_t(APP | COUNTER)


def test_a_mutation_calls_one_of_a_component(t):
    t.mutation(api.app.add, name="a", by=2)
    t.mutation(api.app.add, name="a", by=3)
    assert t.query(api.app.total, name="a") == 5


def test_instances_have_their_own_tables(t):
    t.mutation(components.counter.public.add, name="a", by=1)
    t.mutation(components.second.public.add, name="a", by=10)
    assert t.query(components.counter.public.total, name="a") == 1
    assert t.query(components.second.public.total, name="a") == 10


def test_run_opens_the_tables_of_a_component(t):
    t.mutation(api.app.add, name="a", by=2)
    assert [step["by"] for step in t.run(lambda ctx: ctx.db.query("steps").collect(), component="counter")] == [2]
    assert t.run(lambda ctx: ctx.db.query("notes").collect(), component="counter") == []
    with t.transaction(component="second") as ctx:
        ctx.db.insert("steps", {"name": "a", "by": 7})
    assert t.query(components.second.public.total, name="a") == 7


def test_helpers_and_snippets_run_in_a_component(t):
    assert t.run(js("async (ctx) => (await ctx.db.query('steps').collect()).length"), component="counter") == 0
    t.mutation(api.app.add, name="a", by=2)
    total = js("async (ctx) => await ctx.runQuery(api.public.total, { name: 'a' })")
    assert t.run(total, component="counter") == 2


def test_the_default_export_of_a_nested_module(t):
    assert t.query(components.counter.nested.deep) == "default of nested/deep"
    assert t.query(components.counter.nested.deep.default) == "default of nested/deep"


def test_the_caller_that_fails_undoes_what_the_component_wrote(t):
    with pytest.raises(FunctionError, match="after"):
        t.mutation(api.app.addAndFail)
    assert t.query(api.app.total, name="a") == 0


def test_the_component_that_fails_is_undone_alone(t):
    assert t.mutation(api.app.addAndCatch) == {"code": "NO", "name": "a"}
    assert t.query(api.app.total, name="a") == 1


def test_an_error_of_a_component_called_from_python_has_its_data(t):
    with pytest.raises(ConvexError) as caught:
        t.mutation(components.counter.public.addThenFail, name="x")
    assert caught.value.data == {"code": "NO", "name": "x"}
    assert caught.value.function == "counter/public:addThenFail"
    assert [frame.file for frame in caught.value.frames] == ["convex/counter/public.ts"]


def test_ids_of_the_app_are_strangers_in_the_component(t):
    # Tables are numbered for each component alone: the id is one of `steps` there, of no document that exists.
    assert t.mutation(api.app.passNoteId) is None


def test_arguments_are_held_against_the_validator_of_the_component(t):
    with pytest.raises(ArgumentValidationError, match="missing the required field `by`"):
        t.mutation(components.counter.public.add, name="a")


def test_ids_of_the_component_are_checked_in_its_own_tables(t):
    made = t.mutation(components.counter.public.add, name="a", by=4)
    assert t.query(components.counter.public.takesId, id=made)["by"] == 4
    assert t.query(components.second.public.takesId, id=made) is None


def test_a_component_calls_its_own_internal_functions(t):
    assert t.mutation(components.counter.public.viaInternal) == "hidden"


def test_the_test_may_call_internal_functions_of_a_component(t):
    assert t.mutation(components.counter.public.hidden) == "hidden"


def test_the_app_may_not(t):
    with pytest.raises(FunctionError) as caught:
        t.mutation(api.app.internalOfComponent)
    assert 'does not export [PathComponent("public"), PathComponent("hidden")]' in str(caught.value)


def test_an_action_cannot_resolve_what_is_not_exported(t):
    with pytest.raises(FunctionError, match=r"Uncaught Error: Couldn't resolve counter\.public\.hidden"):
        t.action(api.app.internalFromAction)
    with pytest.raises(FunctionError, match=r"Uncaught Error: Couldn't resolve nobody\.a\.b"):
        t.action(api.app.missingFromAction)


def test_a_component_that_is_not_mounted(t):
    with pytest.raises(FunctionError) as caught:
        t.mutation(api.app.missing)
    assert 'Child component ComponentName(Identifier("nobody")) not found' in str(caught.value)


def test_what_is_mounted_is_named_when_one_is_missing(t):
    with pytest.raises(FunctionError) as caught:
        t.mutation(api.app.missing)
    assert "convex.config.ts mounts counter, second." in _notes(caught.value)


def test_the_modules_of_a_component_are_named_when_one_is_missing(t):
    with pytest.raises(FunctionError) as caught:
        t.query(api.app.missingModule)
    assert "The component 'counter' has the modules nested/deep, public." in _notes(caught.value)


def test_a_missing_component_in_python(t):
    with pytest.raises(UsageError) as caught:
        t.query(components.nobody.public.total)
    assert str(caught.value) == (
        "components.nobody.public.total is in no component that is mounted: convex.config.ts mounts counter, second. "
        "Mount it there, or by t.register_component(…)."
    )


def test_a_missing_function_of_a_component_names_it(t):
    with pytest.raises(FunctionNotFoundError) as caught:
        t.query(components.counter.public.nope)
    assert str(caught.value).startswith("Could not find public function for 'public:nope' in 'counter'.")


def test_the_identity_stays_in_transactions(t):
    assert t.with_identity(name="Sarah").query(api.app.whoami)["name"] == "Sarah"


def test_the_identity_is_dropped_between_actions_and_components(t):
    assert t.with_identity(name="Sarah").action(api.app.whoamiFromAction) == ["Sarah", None, None]


def test_a_component_called_from_the_test_has_no_identity(t):
    assert t.with_identity(name="Sarah").query(components.counter.public.whoami) is None


def test_an_action_calls_one_of_a_component_which_calls_on(t):
    assert t.action(api.app.act, name="a") == 5


def test_the_metadata_name_the_component(t):
    assert t.query(components.second.public.where) == {
        "name": "public:where",
        "componentPath": "second",
        "type": "query",
        "visibility": "public",
    }


def test_the_environment_is_withheld(t):
    t.env["SECRET"] = "x"
    assert t.query(components.counter.public.environment) == {
        "secret": None,
        "site": "https://convex-test-000.convex.site",
        "cloud": "https://convex-test-000.convex.cloud",
    }


def test_pagination_is_for_the_app_only(t):
    with pytest.raises(FunctionError, match=r"paginate\(\) is only supported in the app"):
        t.query(components.counter.public.page)


def test_module_state_is_not_shared_by_instances(t):
    t.mutation(components.counter.public.add, name="a", by=1)
    assert t.query(components.second.public.callsOfThisModule) == 0


def test_calls_show_the_component(t):
    t.mutation(api.app.add, name="a", by=2)
    call = t.calls[-1]
    assert (call.function, [child.function for child in call.children]) == ("app:add", ["counter/public:add"])


def test_an_error_through_a_component_has_the_frames_of_both(t):
    with pytest.raises(FunctionError) as caught:
        t.query(api.app.throws)
    assert [frame.file for frame in caught.value.frames] == ["convex/app.ts"]
    inner = caught.value.__cause__
    assert (inner.function, inner.frames[0].file) == ("counter/public:throws", "convex/counter/public.ts")


def test_modules_of_a_component_are_no_modules_of_the_app(t):
    with pytest.raises(FunctionNotFoundError):
        t.query("counter/public:total", {"name": "a"})
    assert {function.path.partition(":")[0] for function in t.functions} == {"app"}


def test_snapshots_and_forks_hold_components(t):
    t.mutation(api.app.add, name="a", by=2)
    fork, snapshot = t.fork(), t.snapshot()
    t.mutation(api.app.add, name="a", by=2)
    assert fork.query(api.app.total, name="a") == 2
    t.restore(snapshot)
    assert t.query(api.app.total, name="a") == 2


def test_run_in_a_component_that_is_not_mounted(t):
    with pytest.raises(UsageError) as caught:
        t.run(lambda ctx: None, component="nobody")
    assert str(caught.value) == (
        "t.run(…, component='nobody'): there is no such component; mounted are 'counter', 'second'."
    )


def test_a_python_handler_in_the_app_calls_a_component(t):
    def handler(ctx):
        ctx.run_mutation(components.counter.public.add, name="a", by=3)
        return ctx.run_query(components.counter.public.total, name="a")

    assert t.mutation(handler) == 3


def test_names_in_a_component_are_its_own(t):
    t.mutation(components.counter.public.add, name="a", by=3)
    assert t.run(lambda ctx: ctx.run_query("public:total", name="a"), component="counter") == 3
    assert t.run(lambda ctx: ctx.run_query(internal.public.total, name="a"), component="counter") == 3


def test_helpers_of_a_component_by_module(make_t):
    size = "export const size = async (ctx: any) => (await ctx.db.query('steps').collect()).length;"
    t = make_t(APP | COUNTER | {"convex/counter/helper.ts": size})
    t.mutation(api.app.add, name="a", by=2)
    assert t.run(module("helper").size, component="counter") == 1


def _notes(error):
    """All notes of an error and of those behind it."""
    notes = []
    while error is not None:
        notes += getattr(error, "__notes__", [])
        error = error.__cause__
    return "\n".join(notes)
