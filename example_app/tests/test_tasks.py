"""Index ranges, and actions that call mutations."""

import pytest

from convex_test import ConvexError, api


def titles(tasks):
    return [task["title"] for task in tasks]


def test_open_tasks_come_most_urgent_first(sarah, general):
    for title, priority in (("Water plants", 1), ("Fix login", 5), ("Write docs", 3)):
        sarah.mutation(api.tasks.create, channelId=general, title=title, priority=priority)

    assert titles(sarah.query(api.tasks.open, channelId=general)) == ["Fix login", "Write docs", "Water plants"]
    assert titles(sarah.query(api.tasks.open, channelId=general, minPriority=3)) == ["Fix login", "Write docs"]


def test_a_completed_task_is_not_open(sarah, general):
    task = sarah.mutation(api.tasks.create, channelId=general, title="Add tests")

    completed = sarah.mutation(api.tasks.complete, taskId=task)

    assert completed["status"] == "done"
    assert sarah.query(api.tasks.open, channelId=general) == []


def test_tasks_belong_to_their_assignee(sarah, lee, general):
    lee.mutation(api.channels.join, channelId=general)
    task = sarah.mutation(api.tasks.create, channelId=general, title="Review")
    sarah.mutation(api.tasks.assign, taskId=task, assigneeId=lee.query(api.users.me)["_id"])

    assert titles(lee.query(api.tasks.mine)) == ["Review"]
    assert sarah.query(api.tasks.mine) == []


def test_an_upper_bound_includes_documents_without_the_field(sarah, general):
    """A missing field comes before every value in an index: "due before noon" includes "due never"."""
    me = sarah.query(api.users.me)["_id"]
    for title, due in (("Someday", {}), ("Tomorrow", {"dueAt": 2000}), ("Today", {"dueAt": 1000})):
        sarah.mutation(api.tasks.create, channelId=general, title=title, assigneeId=me, **due)

    assert titles(sarah.query(api.tasks.mine)) == ["Someday", "Today", "Tomorrow"]
    assert titles(sarah.query(api.tasks.mine, dueBefore=1500)) == ["Someday", "Today"]


def test_a_checklist_becomes_tasks(sarah, general):
    sarah.action(
        api.tasks.importChecklist,
        channelId=general,
        text="""
- [ ] Order cake !2
- [ ] Invite everybody !9
""",
    )

    assert titles(sarah.query(api.tasks.open, channelId=general)) == ["Invite everybody", "Order cake"]


def test_a_bad_line_undoes_the_whole_import(sarah, general):
    with pytest.raises(ConvexError) as caught:
        sarah.action(api.tasks.importChecklist, channelId=general, text="- [ ] Order cake\nBake it yourself")

    assert caught.value.data == {"code": "invalid", "message": "Not a task", "line": 2, "text": "Bake it yourself"}
    assert sarah.query(api.tasks.open, channelId=general) == []
