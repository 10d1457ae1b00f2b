"""`t`: the object a test holds, and the Python side of `ctx`.

Turns Python values into Convex values and back, and calls into `functions`. May import everything below; knows no
pytest. `ctx/` is the second front door to the backend: the same calls as from TypeScript, in snake_case.
"""
