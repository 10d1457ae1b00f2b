"""`crypto.subtle`: the requests that the prelude's `lazy/subtle_crypto.js` posts. Not an operation of npm's `convex`.

A request is JSON with bytes in base64, and the keys that it needs. The answer is `{result}`, or `{error: {name,
message}}` with the name of a `DOMException`, which JavaScript throws. What is computed, and how, is in `web_crypto`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from convex_test.syscalls.table import syscall
from convex_test.syscalls.web_crypto import compute, formats
from convex_test.syscalls.web_crypto.keys import CryptoError, from_base64, key_length, to_base64

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from convex_test.syscalls.scope import Scope
    from convex_test.syscalls.table import Syscall


def _answered(op: str) -> Callable[[Callable[[Mapping[str, Any]], Any]], Syscall]:
    """Makes a syscall of a function from arguments to a result."""

    def register(compute_result: Callable[[Mapping[str, Any]], Any]) -> Syscall:
        @syscall(op)
        def handler(_scope: Scope, args: Mapping[str, Any]) -> str:
            try:
                answer = {"result": compute_result(args)}
            except CryptoError as error:
                answer = {"error": {"name": error.name, "message": str(error)}}
            return orjson.dumps(answer).decode()

        return handler

    return register


@_answered("crypto/digest")
def digest(args: Mapping[str, Any]) -> str:
    return to_base64(compute.digest(args["hash"], from_base64(args["data"])))


@_answered("crypto/sign")
def sign(args: Mapping[str, Any]) -> str:
    return to_base64(compute.sign(args["algorithm"], args["key"], from_base64(args["data"])))


@_answered("crypto/verify")
def verify(args: Mapping[str, Any]) -> bool:
    data, signature = from_base64(args["data"]), from_base64(args["signature"])
    return compute.verify(args["algorithm"], args["key"], data, signature)


@_answered("crypto/encrypt")
def encrypt(args: Mapping[str, Any]) -> str:
    return to_base64(compute.encrypt(args["algorithm"], args["key"], from_base64(args["data"])))


@_answered("crypto/decrypt")
def decrypt(args: Mapping[str, Any]) -> str:
    return to_base64(compute.decrypt(args["algorithm"], args["key"], from_base64(args["data"])))


@_answered("crypto/deriveBits")
def derive_bits(args: Mapping[str, Any]) -> str:
    return to_base64(compute.derive_bits(args["algorithm"], args["key"], args["length"]))


@_answered("crypto/deriveKey")
def derive_key(args: Mapping[str, Any]) -> Any:
    derived = compute.derive_bits(args["algorithm"], args["key"], key_length(args["type"]))
    return formats.import_key(
        {
            "format": "raw",
            "data": to_base64(derived),
            "algorithm": args["type"],
            "extractable": args["extractable"],
            "usages": args["usages"],
        }
    )


@_answered("crypto/importKey")
def import_key(args: Mapping[str, Any]) -> Any:
    return formats.import_key(args)


@_answered("crypto/exportKey")
def export_key(args: Mapping[str, Any]) -> Any:
    return formats.export_key(args["key"], args["format"])


@_answered("crypto/generateKey")
def generate_key(args: Mapping[str, Any]) -> Any:
    return formats.generate_key(args["algorithm"], args["usages"], extractable=args["extractable"])
