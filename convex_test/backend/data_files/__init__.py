"""Data files: what `npx convex import` reads and `npx convex export` writes.

`json_files.py`, `csv_files.py` and `archives.py` are the formats, `lossless.py` the encoding of values inside
archives; `rows.py` is what readers hand on, `importing.py` puts it into a store, by the table numbers that
`table_numbers.py` assigns. Their truth is the backend's `crates/application/src/snapshot_import`, `crates/exports` and
`crates/value/src/export.rs`. May import `values/`, `backend/schema/` and `backend/store/`.
"""
