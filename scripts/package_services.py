"""What answers the packages' requests: the few calls of OpenAI and Stripe that the checks make."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx2

OPENAI = "https://api.openai.com/v1"
STRIPE = "https://api.stripe.com/v1"
COMPLETION = {"id": "1", "object": "chat.completion", "created": 0, "model": "gpt-4o-mini"}
USAGE = {"prompt_tokens": 2, "completion_tokens": 3, "total_tokens": 5}


def mock(t: Any) -> None:
    """Gives `t.outbound` its routes; a check uses some of them."""
    t.outbound.allow_unused = True
    t.outbound.post(f"{OPENAI}/chat/completions").mock(_complete)
    t.outbound.post(f"{OPENAI}/embeddings").respond(
        json={"object": "list", "data": [{"index": 0, "embedding": [0.5, 0.25]}], "model": "m", "usage": USAGE}
    )
    t.outbound.post(f"{OPENAI}/files").mock(_upload)
    t.outbound.get(f"{OPENAI}/models/none").respond(404, json={"error": {"message": "no such model"}})
    t.outbound.post("https://api.resend.com/emails/batch").respond(json={"data": [{"id": "email-1"}]})
    t.outbound.post(f"{STRIPE}/customers").mock(_create_customer)
    t.outbound.get(f"{STRIPE}/customers").mock(_list_customers)


def _respond(**kwargs: Any) -> httpx2.Response:
    import httpx2

    return httpx2.Response(**{"status_code": 200, **kwargs})


def _complete(request: httpx2.Request) -> httpx2.Response:
    body = json.loads(request.content)
    last = body["messages"][-1]["content"]
    asked = last if isinstance(last, str) else last[0]["text"]
    if body.get("stream"):
        deltas = [{"role": "assistant", "content": "Hel"}, {"content": "lo"}]
        chunks = [
            {**COMPLETION, "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta}]}
            for delta in deltas
        ]
        chunks.append({**chunks[0], "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        lines = [f"data: {json.dumps(chunk)}\n\n" for chunk in chunks] + ["data: [DONE]\n\n"]
        return _respond(text="".join(lines), headers={"content-type": "text/event-stream"})
    message: dict[str, Any] = {"role": "assistant", "content": '{"city":"Oslo"}' if asked == "Object" else "hello"}
    if asked == "Tool":
        function = {"name": "weather", "arguments": '{"city":"Oslo"}'}
        message = {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "c", "type": "function", "function": function}],
        }
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if asked == "Tool" else "stop"}
    return _respond(json={**COMPLETION, "choices": [choice], "usage": USAGE})


def _upload(request: httpx2.Request) -> httpx2.Response:
    if b'filename="a.jsonl"' not in request.content or "multipart/form-data" not in request.headers["content-type"]:
        return _respond(status_code=400, text="no such form")
    return _respond(json={"id": "file-1", "object": "file"})


def _create_customer(request: httpx2.Request) -> httpx2.Response:
    if request.content != b"email=ann%40example.com&metadata[a]=b":
        return _respond(status_code=400, text="no such form")
    return _respond(json={"id": "cus_1", "object": "customer"})


def _list_customers(request: httpx2.Request) -> httpx2.Response:
    after = "starting_after" in str(request.url)
    data = [{"id": "cus_2" if after else "cus_1", "object": "customer"}]
    return _respond(json={"object": "list", "data": data, "has_more": not after, "url": "/v1/customers"})
