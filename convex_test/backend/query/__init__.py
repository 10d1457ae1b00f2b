"""Queries: from a plan to documents.

`plan.py` says what a query is and reads the npm package's serialized form, `filters.py` evaluates filters,
`ranges.py` turns index ranges into intervals, `scans.py` reads an index, `streams.py` applies the operators,
`pagination.py` and `cursors.py` make pages, `search.py` is where text search will come in. There is one path for all
of them: a stream over a source.

May import `values/`, `backend/store/` and the single files of `backend/`.
"""
