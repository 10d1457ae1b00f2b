"""What `crypto.subtle` computes, by the rules of the backend's `crates/isolate/src/ops/subtle_crypto/`.

May import `errors`. Computing is left to `hashlib`, `hmac` and the package `cryptography`, which is imported when a
function first needs it. No keys are kept: each request brings its own.
"""
