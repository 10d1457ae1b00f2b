"""Schemas and validators: what `schema.ts`, `args` and `returns` declare, and checking values against it.

`validators.py` reads validators, `kinds.py` and `compound.py` are the validators themselves, `shapes.py` answers what
a validator leaves possible; `definition.py` reads schemas, `indexes.py` the indexes in them. May import `values/` and
`backend/ids.py`; which table an id belongs to is asked of a `Tables` object that the caller hands in. The truth is
`crates/common/src/schemas/` of the backend.
"""
