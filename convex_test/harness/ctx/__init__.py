"""What a Python handler gets as `ctx`: Convex's own `ctx` in snake_case, on the very same code paths.

Only the checks that npm's `convex` makes before a syscall (`npm-packages/convex/src/server/impl`) are repeated here.
"""
