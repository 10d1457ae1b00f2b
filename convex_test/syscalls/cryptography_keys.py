"""Keys of `crypto.subtle`: importing, exporting, generating.

A key is the JSON that JavaScript keeps inside its `CryptoKey` and sends with every request: `{type, extractable, usages,
algorithm, material}`. The material is base64: the bytes of a secret key, PKCS #8 of a private key, SubjectPublicKeyInfo of a
public one; raw bytes for those of Ed25519 and X25519. Imitates `crates/isolate/src/ops/subtle_crypto/` of the backend, whose
texts these are. Computing is left to `cryptography`, which is imported when it is first needed.

Known gaps: RSA keys that `cryptography` refuses (fewer than 1024 bits, odd exponents) where the backend's OpenSSL takes them.
"""
