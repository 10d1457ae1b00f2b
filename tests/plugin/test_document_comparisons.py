"""What pytest says of documents that are not equal."""

from __future__ import annotations


def explained(app, assertion):
    """The lines that pytest shows for a failed comparison of the documents of a table."""
    app.write(
        {
            "test_it.py": f"""\
            def test_it(t):
                for body in ("a", "b"):
                    t.mutation("messages:send", body=body)
                documents = t.run(lambda ctx: ctx.db.query("messages").collect())
                {assertion}
            """
        }
    )
    return [line.removeprefix("E").strip() for line in app.run().outlines if line.startswith("E  ")]


def test_system_fields_that_only_one_side_has_are_left_out(app):
    lines = explained(app, 'assert documents == [{"body": "a"}, {"body": "x"}]')

    assert lines[0] == (
        "AssertionError: assert documents, shown without _id and _creationTime, which only the left side has"
    )
    assert "- [{'body': 'a'}, {'body': 'x'}]" in lines
    assert "+ [{'body': 'a'}, {'body': 'b'}]" in lines
    assert not any("_creationTime'" in line for line in lines)


def test_documents_that_differ_in_nothing_else(app):
    lines = explained(app, 'assert [{"body": "a"}, {"body": "b"}] == documents')

    assert lines[:2] == [
        "assert documents that differ only in _id and _creationTime",
        "the right side has these fields and the other one has not: leave them out before comparing, for example",
    ]


def test_other_comparisons_are_left_to_pytest(app):
    lines = explained(app, "assert documents == documents[:1]")

    assert lines[0].startswith("AssertionError: assert [{'_creationT")
    assert any("Left contains one more item" in line for line in lines)
