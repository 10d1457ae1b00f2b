"""The room where a function runs: engine, syscalls, backend and project meet only here.

`calls.py` reads as the life of one call, from the arguments to the commit. May import everything below:
`errors`, `references`, `values`, `backend`, `project`, `engine` and `syscalls`.
"""
