"""The deployment, made of Python: what lies behind Convex's syscalls.

Rooms: `schema/` (validators, table definitions), `store/` (documents, indexes, transactions), `query/` (plans,
streams, pages), and one file per smaller matter (ids, clock, limits). `database.py` puts them together as `ctx.db`
sees them.

May import `convex_test.errors` and `convex_test.values`. Knows no JavaScript, no pytest and no project. Its truth is
the source of the open-source backend (`get-convex/convex-backend`); each module says which files it was read in.
"""
