"""The syscall room: one table of every operation that npm's `convex` makes, by name.

A handler takes the caller's `Scope` and the decoded arguments and returns the answer's JSON text. It speaks to the
backend only; running another function goes through the `Runner` of the scope. May import `errors`, `references`,
`values` and `backend`. The names are a contract between npm's `convex/server` and the backend
(`crates/isolate/src/environment/{udf,action}/async_syscall.rs`).

`OPS` holds what is answered, `GAPS` what is not yet, with the reason; the two together are all that the `convex`
package names, which a test of the repository checks.
"""

from convex_test.syscalls import (
    cryptography_calls,
    documents,
    functions,
    identity,
    metadata,
    queries,
    scheduling,
    storage,
    vectors,
    web,
)
from convex_test.syscalls.gaps import GAPS
from convex_test.syscalls.table import ANSWERED_IN_PRELUDE, Answer, Syscall, answer, collect

OPS: dict[str, Syscall] = collect(
    cryptography_calls, documents, functions, identity, metadata, queries, scheduling, storage, vectors, web
)

__all__ = ["ANSWERED_IN_PRELUDE", "GAPS", "OPS", "Answer", "Syscall", "answer"]
