"""`crypto.subtle`: an algorithm that one operation does not know is never taken for another one."""

from __future__ import annotations

from base64 import b64encode

import pytest

from convex_test.errors import InternalError
from convex_test.syscalls.web_crypto import compute, formats

ALGORITHM = {"name": "AES-XTS", "iv": "", "counter": "", "length": 64, "salt": "", "iterations": 1, "saltLength": 0}


@pytest.fixture(scope="module")
def secret():
    algorithm = {"name": "AES-XTS", "length": 128}
    return {"type": "secret", "algorithm": algorithm, "material": b64encode(bytes(16)).decode()}


@pytest.fixture(scope="module")
def pair():
    algorithm = {"name": "RSA-PSS", "hash": "SHA-256", "modulusLength": 2048, "publicExponent": "AQAB"}
    return formats.generate_key(algorithm, ["sign", "verify"], extractable=True)


@pytest.mark.parametrize(
    ("operation", "arguments", "text"),
    [
        (compute.encrypt, (b"text",), "encryption"),
        (compute.decrypt, (b"text" * 8,), "decryption"),
        (compute.derive_bits, (128,), "derivation"),
    ],
)
def test_of_a_secret_key(secret, operation, arguments, text):
    with pytest.raises(InternalError, match=f"{text} with the algorithm 'AES-XTS' is not known here"):
        operation(ALGORITHM, secret, *arguments)


def test_of_a_signature(pair):
    with pytest.raises(InternalError, match="a signature with the algorithm 'AES-XTS' is not known here"):
        compute.sign(ALGORITHM, pair["privateKey"], b"text")


def test_of_a_signature_to_verify(pair):
    signature = compute.sign({"name": "RSA-PSS", "saltLength": 32}, pair["privateKey"], b"text")
    with pytest.raises(InternalError, match="a signature with the algorithm 'AES-XTS' is not known here"):
        compute.verify(ALGORITHM, pair["publicKey"], b"text", signature)
