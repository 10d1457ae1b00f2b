"""What strategies draw matches the validator, what `refused_…` draws does not: by our validators, and by npm's."""

from __future__ import annotations

import json

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from convex_test import ArgumentValidationError, strategies
from convex_test.backend.schema.validators import parse_validator
from convex_test.harness.inside import deployment_of
from convex_test.values import from_python
from tests.strategies.conftest import validators


@pytest.fixture(scope="module")
def t(project):
    with project.test() as t:
        yield t


def matches(t, validator, value):
    tables = deployment_of(t).store.namespace("")
    return parse_validator(validator).matches(from_python(value, "the value"), tables)


@given(st.data())
def test_a_drawn_value_matches(t, data):
    validator = data.draw(validators)
    value = data.draw(strategies.value(validator, t=t))

    assert matches(t, validator, value)


@given(st.data())
@settings(max_examples=200)
def test_npm_packages_agree_that_it_matches(t, data):
    validator = data.draw(validators)
    value = data.draw(strategies.value(validator, t=t))

    text = json.dumps(validator, separators=(",", ":"), sort_keys=False)
    assert t.query("f:verdict", json=text, value=value) is True


@given(st.data())
def test_a_refused_value_does_not_match(t, data):
    validator = data.draw(validators)
    assume("any" not in json.dumps(validator))
    value = data.draw(strategies.refused_values(validator, t=t))

    assert not matches(t, validator, value)


@given(st.data())
def test_drawn_arguments_are_taken(t, data):
    assert t.mutation("f:everything", data.draw(strategies.args("f:everything", t=t))) is None


@given(st.data())
def test_drawn_arguments_are_taken_whatever_t_they_are_for(t, project, data):
    assert t.mutation("f:everything", data.draw(strategies.args("f:everything", project=project))) is None


@given(st.data())
def test_refused_arguments_are_refused(t, data):
    with pytest.raises(ArgumentValidationError):
        t.mutation("f:everything", data.draw(strategies.refused_args("f:everything", t=t)))


@pytest.mark.parametrize("table", ["users", "messages", "anything"])
@given(st.data())
def test_drawn_documents_can_be_inserted(t, table, data):
    document = data.draw(strategies.documents(table, t=t))

    with t.transaction() as ctx:
        stored = ctx.db.get(ctx.db.insert(table, document))

    assert stored.keys() == {*document, "_id", "_creationTime"}


@given(st.data())
def test_documents_of_a_project_without_schema(make_project, data):
    bare = make_project({"convex/f.ts": "export {};"}) if not BARE else BARE[0]
    BARE[:] = [bare]
    document = data.draw(strategies.documents("things", project=bare))
    with bare.test() as t:
        t.run(lambda ctx: ctx.db.insert("things", document))


BARE: list = []


def test_a_function_without_validators_takes_any_object(project):
    drawn = strategies.examples(strategies.args("f:unchecked", project=project), 50)

    assert all(type(each) is dict for each in drawn)
    assert max(map(len, drawn)) > 1


@pytest.mark.parametrize("validator", ["v.array(v.union())", "v.record(v.string(), v.union())"])
def test_an_empty_array_is_all_that_matches_when_nothing_matches_its_elements(project, validator):
    drawn = strategies.examples(strategies.value(validator, project=project), 10)

    assert drawn in ([[]], [{}])


def test_an_optional_field_that_nothing_matches_is_left_out(project):
    assert strategies.examples(strategies.args("f:perhaps", project=project), 10) == [{}]
