"""The strategies as a user meets them: ids, overrides, where the project comes from, wrong use."""

from __future__ import annotations

import subprocess
import sys
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable

from convex_test import (
    FunctionNotFoundError,
    ProjectError,
    UsageError,
    api,
    components,
    internal,
    module,
    strategies,
    undefined,
)


@pytest.fixture
def t(project):
    with project.test(seed=1) as t:
        yield t


@pytest.fixture
def users(t):
    return [t.mutation(api.f.add, name=name) for name in ("Sarah", "Lee")]


def draw(strategy, count=60):
    return strategies.examples(strategy, count)


# Ids


def test_ids_that_exist(t, users):
    assert set(draw(strategies.ids("users", exist=True, t=t))) == set(users)


def test_ids_that_do_not(t, users):
    drawn = draw(strategies.ids("users", exist=False, t=t))

    assert len(set(drawn)) == len(drawn) == 60
    assert set(drawn).isdisjoint(users)
    assert all(t.run(lambda ctx, id=id: ctx.db.normalize_id("users", id) == id) for id in drawn)


def test_most_ids_exist_by_default(t, users):
    drawn = [each["user"] for each in draw(strategies.args("f:everything", t=t), 200)]

    assert 0.5 < sum(each in users for each in drawn) / len(drawn) < 1


def test_ids_are_those_at_the_time_of_the_draw(t, users):
    strategy = strategies.ids("users", exist=True, t=t)
    t.mutation(api.f.remove, user=users[0])

    assert set(draw(strategy)) == {users[1]}


def test_ids_of_files(t):
    file = t.run(lambda ctx: ctx.storage.store(b"x"))

    assert set(draw(strategies.ids("_storage", exist=True, t=t))) == {file}
    assert file in [each["file"] for each in draw(strategies.args("f:act", t=t))]


def test_there_are_no_ids_of_an_empty_table(t):
    with pytest.raises(Unsatisfiable):
        draw(strategies.ids("users", exist=True, t=t))


def test_there_are_no_ids_of_a_table_that_is_not_there(t):
    with pytest.raises(Unsatisfiable):
        draw(strategies.ids("nowhere", t=t))


class TestOfSomebody:
    """An object with a `t`, such as a state machine."""

    t = None

    @given(st.data())
    def test_takes_ids_from_its_own_t(self, project, data):
        with project.test(seed=1) as self.t:
            user = self.t.mutation("f:add", name="Sarah")
            assert data.draw(strategies.ids("users", exist=True)) == user


# Overrides


def test_an_override_by_strategy_and_by_value(project):
    overrides = {"text": st.sampled_from(["x", "y"]), "number": 5}
    drawn = draw(strategies.args("f:everything", project=project, overrides=overrides))

    assert {each["text"] for each in drawn} == {"x", "y"}
    assert {each["number"] for each in drawn} == {5}


def test_overrides_inside_of_objects_arrays_and_records(project):
    overrides = {"profile.email": "a@example.com", "tags[]": "tag", "scores.*": 1}
    drawn = draw(strategies.args("f:everything", project=project, overrides=overrides))

    assert {each["profile"]["email"] for each in drawn} == {"a@example.com"}
    assert {tag for each in drawn for tag in each["tags"]} == {"tag"}
    assert {score for each in drawn for score in each["scores"].values()} == {1}


def test_an_override_reaches_into_the_members_of_a_union(project):
    drawn = draw(strategies.documents("messages", project=project, overrides={"body": "x"}))

    assert {each["kind"] for each in drawn} == {"text", "image"}
    assert all(each.get("body", "x") == "x" for each in drawn)


def test_an_optional_field_may_be_left_out_by_an_override(project):
    drawn = draw(strategies.args("f:everything", project=project, overrides={"maybe": undefined}))

    assert not any("maybe" in each for each in drawn)


def test_a_path_that_leads_nowhere_is_refused(project):
    with pytest.raises(UsageError) as caught:
        draw(strategies.args("f:add", project=project, overrides={"nmae": "x"}))
    assert str(caught.value) == "overrides={'nmae': …}: there is no such place in v.object({name: v.string()})."


def test_an_overriding_value_that_does_not_match_is_refused(project):
    with pytest.raises(UsageError) as caught:
        draw(strategies.args("f:add", project=project, overrides={"name": 5}))
    assert str(caught.value) == "overrides['name'] gave 5, which v.string() refuses."


@pytest.mark.parametrize("path", ["", "a..b", ".", 5])
def test_a_path_that_is_none_is_refused(path):
    with pytest.raises(UsageError, match="expected the path of a field such as 'email'"):
        strategies.args("f:add", overrides={path: "x"})


def test_overrides_are_a_mapping():
    with pytest.raises(UsageError) as caught:
        strategies.args("f:add", overrides=["name"])
    assert str(caught.value) == "overrides=['name']: expected a mapping such as {\"email\": st.emails()}."


# Validators


@pytest.mark.parametrize(
    "validator",
    [
        {"type": "array", "value": {"type": "null"}},
        "v.array(v.null())",
        module("f").everything,
        "(await load('schema')).default.tables.users.validator",
    ],
)
def test_how_a_validator_is_given(project, validator):
    if validator == module("f").everything:
        with pytest.raises(UsageError, match="this is no validator of Convex"):
            draw(strategies.value(validator, project=project))
    elif isinstance(validator, str) and "load" in validator:
        assert all("name" in each for each in draw(strategies.value(validator, project=project)))
    else:
        assert [None] in draw(strategies.value(validator, project=project))


def test_a_validator_that_the_project_exports(project):
    drawn = draw(strategies.value(module("schema").address, project=project, overrides={"city": "Rome"}))

    assert {each["city"] for each in drawn} == {"Rome"}


# Where the project comes from


def test_importing_a_module_with_strategies_loads_no_project(tmp_path):
    program = """
        import sys
        from convex_test import api, strategies
        strategies.args(api.messages.send), strategies.documents("messages"), strategies.ids("messages")
        strategies.value("v.string()")
        print("quickjs" in sys.modules)
    """
    result = subprocess.run(
        [sys.executable, "-c", dedent(program)], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (result.stdout.strip(), result.stderr) in (("True", ""), ("False", ""))


def test_outside_of_tests_the_project_is_that_around_the_working_directory(project, tmp_path):
    program = "from convex_test import strategies as s; print(s.examples(s.args('f:add'), 1))"

    def run(folder):
        return subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=False)

    assert run(project.root / "convex").stdout.strip() == "[{'name': ''}]"
    assert "ProjectError: No Convex project found" in run(tmp_path).stderr


def test_in_a_test_it_is_the_project_of_the_test():
    with pytest.raises(ProjectError, match="No Convex project found"):
        draw(strategies.args("f:add"))


@pytest.mark.convex(root="../../example_app")
def test_in_a_test_it_is_the_project_of_its_marker():
    assert draw(strategies.args(api.users.signIn)) == [{}]


def test_a_project_may_be_a_path(project):
    assert draw(strategies.args("f:none", project=project.root)) == [{}]
    assert draw(strategies.args("f:none", project=str(project.root))) == [{}]


# Wrong use


def test_examples_repeat(project):
    strategy = strategies.args("f:everything", project=project)

    assert repr(strategies.examples(strategy, 20, seed=1)) == repr(strategies.examples(strategy, 20, seed=1))
    assert repr(strategies.examples(strategy, 20, seed=1)) != repr(strategies.examples(strategy, 20, seed=2))


@pytest.mark.parametrize("reference", ["f:nothing", api.f.nothing, "nowhere:f", "f:hook"])
def test_a_function_that_is_not_there(project, reference):
    with pytest.raises(FunctionNotFoundError):
        draw(strategies.args(reference, project=project))


def test_internal_functions_have_arguments_too(project):
    assert draw(strategies.args(internal.f.inside, project=project, overrides={"tags": ["x"]})) == [{"tags": ["x"]}]


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: strategies.args(5), '5: expected api.module.function, or a name such as "module:function".'),
        (lambda: strategies.ids(5), "ids(5): expected the name of a table."),
        (lambda: strategies.ids("users", exist="no"), "ids('users', exist='no'): expected True, False or None."),
        (lambda: strategies.documents(""), "documents(''): expected the name of a table."),
        (lambda: strategies.args("f:add", t=5), "t=5: expected a `t`, from the fixture or from `project.test()`."),
        (lambda: strategies.args("f:add", project=5), "project=5: expected a Project, or the path of its root folder."),
        (
            lambda: strategies.value(5),
            'value(5): expected TypeScript such as "v.array(v.string())", module("schema").content, or the JSON of a '
            "validator.",
        ),
    ],
)
def test_what_is_wrong_at_once_is_said_at_once(make, text):
    with pytest.raises(UsageError) as caught:
        make()
    assert str(caught.value) == text


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (
            lambda project: strategies.documents("nowhere", project=project),
            r"documents\('nowhere'\): the schema of .* has no such table, but anything, messages, users\.",
        ),
        (
            lambda project: strategies.refused_args("f:unchecked", project=project),
            r"refused_args\('f:unchecked'\): the function has no argument validator: it takes everything\.",
        ),
        (
            lambda project: strategies.refused_values("v.any()", project=project),
            r"refused_values\('v\.any\(\)'\): v\.any\(\) takes everything\.",
        ),
        (
            lambda project: strategies.args("f:never", project=project),
            r"No value matches v\.object\({x: v\.union\(\)}\)",
        ),
        (lambda project: strategies.value("v.strin()", project=project), r"value\('v\.strin\(\)'\): .*not a function"),
        (lambda project: strategies.value("5", project=project), r"value\('5'\): this is no validator of Convex"),
        (lambda project: strategies.value({"type": "strin"}, project=project), "this is no validator: unknown variant"),
    ],
)
def test_what_only_the_project_tells_is_said_at_the_first_draw(project, make, text):
    with pytest.raises(UsageError, match=text):
        draw(make(project))


def test_functions_of_components_are_refused(project):
    with pytest.raises(UsageError) as caught:
        draw(strategies.args(components.counter.add, project=project))
    assert str(caught.value) == (
        "components.counter.add: not supported: strategies for functions of components, whose ids are of other tables."
    )
