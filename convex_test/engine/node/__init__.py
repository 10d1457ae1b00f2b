"""The engine's other half: Node processes, for modules with `"use node"` and for the debugger.

    binary       where Node is
    process      one process and its two pipes
    context      what `convex_test.engine.context` is for QuickJS: one running function
    pool         processes kept for reuse
    settings     which Node, and whether somebody debugs in it

`prelude/src/node` is the JavaScript half, the runner. Host and runner exchange the messages of
`convex_test.engine.messages`, so that the same code drives both engines. By design a function that runs has a process
of its own, and one that ended leaves it to the next: what hangs, or runs out of memory, takes nobody with it.
"""
