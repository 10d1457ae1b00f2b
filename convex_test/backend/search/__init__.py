"""Text search and vector search: indexes over the documents of a table, and what they find.

`tokens.py` cuts text into terms (`alphanumeric.py` says of which characters), `ranking.py` scores them, `text.py` finds
and orders documents; `vector.py` does the same for vectors. What is asked is read and checked in `text_query.py` and
`vector_query.py`. `declared.py` finds an index in the schema, `mirror.py` keeps an index up with its table,
`float32.py` is the arithmetic. Text searches come in through `backend/query/search.py`, vector searches through
`vector_search`.

May import `values/`, `backend/store/`, `backend/schema/` and the parts of `backend/query/` that read JSON.
"""
