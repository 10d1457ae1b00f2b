"""The engine room: JavaScript contexts that run one function execution at a time.

Knows strings, promises and stacks; knows nothing of Convex. The prelude (`prelude/`) is the JavaScript half; its
messages pass through here unread. May import `errors` only.

The engine never calls Python while JavaScript runs. JavaScript that needs the host posts a line to an outbox and gets a
promise; when the job queue is empty the host takes the outbox, answers, and pumps again. So a time limit can be
set at any moment, Python exceptions cannot get lost inside JavaScript, and no integer is cut to 32 bits.
"""
