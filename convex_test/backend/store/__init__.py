"""The documents of a deployment: tables, indexes, transactions.

`store.py` is the whole deployment, `tables.py` one component's tables, `indexes.py` the ordered maps, `documents.py`
what is in them, `transactions.py` the only way to change them. May import `values/`, `backend/schema/` and the
single files of `backend/`; knows nothing of queries.
"""
