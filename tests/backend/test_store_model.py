from __future__ import annotations

from random import Random

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from convex_test.backend.database import Database
from convex_test.backend.schema.definition import IndexDefinition, SchemaDefinition, TableDefinition
from convex_test.backend.store.store import Store

SMALL = st.one_of(st.integers(0, 3), st.sampled_from(["x", "y", None, True, -0.0]))
FIELDS = st.dictionaries(st.sampled_from("ab"), SMALL)


class StoreAgainstDictionaries(RuleBasedStateMachine):
    """Any mix of writes, nested calls, commits, rollbacks and snapshots leaves what a plain dictionary would hold."""

    def __init__(self):
        super().__init__()
        indexes = (IndexDefinition("by_a", (("a",),)), IndexDefinition("by_b_a", (("b",), ("a",))))
        self.store = Store({"": SchemaDefinition({"t": TableDefinition("t", indexes)})}, random=Random(0))
        self.committed = {}
        self.saved = [(self.store.snapshot(), {})]
        self.database = None
        self.model = {}
        self.marks = []

    @initialize()
    def fill_the_indexes(self):
        for index in ("by_id", "by_a"):
            self.store.namespace("").table("t").entries(index)

    def open(self):
        if self.database is None:
            self.database = Database(self.store.begin())
            self.model = dict(self.committed)
        return self.database

    @rule(table=st.sampled_from("tuv"), fields=FIELDS)
    def insert(self, table, fields):
        id = self.open().insert(table, dict(fields))
        self.model[id] = (table, fields)

    @precondition(lambda self: self.committed or self.model)
    @rule(data=st.data(), fields=FIELDS, how=st.sampled_from(["patch", "replace", "delete"]))
    def write(self, data, fields, how):
        database = self.open()
        if not self.model:
            return
        id = data.draw(st.sampled_from(sorted(self.model)))
        table, old = self.model[id]
        if how == "delete":
            database.delete(id)
            del self.model[id]
        elif how == "patch":
            database.patch(id, dict(fields))
            self.model[id] = (table, {**old, **fields})
        else:
            database.replace(id, dict(fields))
            self.model[id] = (table, fields)

    @rule()
    def begin_nested_call(self):
        self.marks.append((self.open().transaction.savepoint(), dict(self.model)))

    @precondition(lambda self: self.marks)
    @rule(keep=st.booleans())
    def end_nested_call(self, keep):
        mark, before = self.marks.pop()
        if keep:
            self.database.transaction.release(mark)
        else:
            self.database.transaction.rollback_to(mark)
            self.model = before

    @precondition(lambda self: self.database and not self.marks)
    @rule(keep=st.booleans())
    def end(self, keep):
        if keep:
            self.database.transaction.commit()
            self.committed = self.model
        else:
            self.database.transaction.rollback()
        self.database = None

    @precondition(lambda self: not self.database)
    @rule()
    def take_snapshot(self):
        self.saved.append((self.store.snapshot(), dict(self.committed)))

    @precondition(lambda self: not self.database)
    @rule(data=st.data())
    def restore(self, data):
        snapshot, documents = data.draw(st.sampled_from(self.saved))
        self.store.restore(snapshot)
        self.committed = dict(documents)

    @precondition(lambda self: self.database)
    @rule()
    def look_at_the_beginning(self):
        transaction = self.database.transaction
        with transaction.begin_snapshot():
            self.check(self.committed)

    @invariant()
    def holds_what_the_model_holds(self):
        self.check(self.model if self.database else self.committed)

    def check(self, model):
        expected = {}
        for id, (table, fields) in model.items():
            expected.setdefault(table, {})[id] = {name: (type(item), item) for name, item in fields.items()}
        found = {}
        for table in self.store.namespace("").tables():
            for document in table.documents.values():
                body = {name: (type(item), item) for name, item in document.body().items()}
                found.setdefault(table.name, {})[document.id] = body
        assert found == expected
        for table in self.store.namespace("").tables():
            documents = sorted(document.json for document in table.documents.values())
            for index in table.indexes:
                entries = table.entries(index)
                assert sorted(document.json for document in entries.values()) == documents
                assert all(table.indexes[index].key(document) == key for key, document in entries.items())

    def teardown(self):
        for mark, _ in reversed(self.marks):
            self.database.transaction.release(mark)
        if self.database:
            self.database.transaction.rollback()
        self.check(self.committed)


StoreAgainstDictionaries.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestStoreAgainstDictionaries = StoreAgainstDictionaries.TestCase
