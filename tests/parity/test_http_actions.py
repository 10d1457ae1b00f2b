"""HTTP actions through `t.fetch`: what they see of a request, what a client sees of their response."""

from __future__ import annotations

import httpx2
import pytest

from convex_test import FunctionError, UsageError, js
from convex_test.errors import UnsupportedError

FILES = {
    "convex/http.ts": """\
        import { ConvexError } from "convex/values";
        import { httpRouter } from "convex/server";
        import { internal } from "./_generated/api";
        import { httpAction } from "./_generated/server";

        const http = httpRouter();
        const on = (method: any, path: string, handler: any) =>
          http.route({ path, method, handler: httpAction(handler) });

        for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
          on(method, "/echo", async (_ctx: any, request: Request) =>
            Response.json({
              method: request.method,
              url: request.url,
              headers: Object.fromEntries(request.headers),
              hasBody: request.body !== null,
              text: await request.text(),
            }),
          );
        }
        on("POST", "/bytes", async (_ctx: any, request: Request) => new Response(await request.arrayBuffer()));
        on("POST", "/form", async (_ctx: any, request: Request) => {
          const form = await request.formData();
          const file = form.get("file") as File | null;
          return Response.json([form.get("name"), file && [file.name, file.type, await file.text()]]);
        });
        on("POST", "/twice", async (_ctx: any, request: Request) => {
          await request.text();
          return new Response(await request.text());
        });
        on("GET", "/created", async () =>
          new Response("made", { status: 201, headers: [["X-A", "1"], ["Set-Cookie", "a=1"], ["Set-Cookie", "b=2"]] }),
        );
        on("GET", "/empty", async () => new Response(null, { status: 204 }));
        on("GET", "/moved", async () => Response.redirect("https://example.com/", 307));
        on("GET", "/length", async () => new Response("abc", { headers: { "content-length": "3" } }));
        on("GET", "/stream", async () => {
          const encoder = new TextEncoder();
          return new Response(
            new ReadableStream({
              async pull(controller) {
                controller.enqueue(encoder.encode("one "));
                await new Promise((resolve) => setTimeout(resolve, 1000));
                controller.enqueue(encoder.encode("two"));
                controller.close();
              },
            }),
          );
        });
        on("GET", "/broken", async () => {
          return new Response(
            new ReadableStream({
              pull() {
                throw new Error("in the middle");
              },
            }),
          );
        });
        on("GET", "/large", async () => {
          const chunk = new Uint8Array(8 << 20);
          let left = 3;
          return new Response(
            new ReadableStream({
              pull(controller) {
                controller.enqueue(chunk.slice());
                if (--left === 0) controller.close();
              },
            }),
          );
        });
        on("GET", "/throw", async () => {
          throw new Error("boom");
        });
        on("GET", "/data", async () => {
          throw new ConvexError({ code: 7 });
        });
        on("GET", "/nothing", async () => "text");
        on("GET", "/who", async (ctx: any) => Response.json(await ctx.auth.getUserIdentity()));
        on("GET", "/who/nested", async (ctx: any) => Response.json(await ctx.runQuery(internal.messages.who, {})));
        on("GET", "/swallow", async (ctx: any) => {
          try {
            await ctx.auth.getUserIdentity();
          } catch {
            return new Response("swallowed");
          }
        });
        on("POST", "/messages", async (ctx: any, request: Request) => {
          await ctx.runMutation(internal.messages.send, { body: await request.text() });
          return new Response(null, { status: 201 });
        });
        on("POST", "/avatar", async (ctx: any, request: Request) => {
          const storageId = await ctx.storage.store(await request.blob());
          return Response.json({ storageId, url: await ctx.storage.getUrl(storageId) });
        });
        on("GET", "/file", async (ctx: any, request: Request) => {
          const blob = await ctx.storage.get(new URL(request.url).searchParams.get("id"));
          return blob === null ? new Response("none", { status: 404 }) : new Response(blob);
        });
        on("GET", "/self", async () => await fetch(process.env.CONVEX_SITE_URL + "/stream"));
        on("GET", "/self/throw", async () => {
          const { status } = await fetch(process.env.CONVEX_SITE_URL + "/throw");
          return new Response(String(status));
        });
        on("GET", "/log", async (ctx: any) => {
          console.log("from the action", (await ctx.meta.getRequestMetadata()).requestId.length);
          return new Response();
        });
        export default http;
        """,
    "convex/messages.ts": """\
        import { internalMutation, internalQuery } from "./_generated/server";

        export const send = internalMutation(async (ctx, { body }: any) => {
          await ctx.db.insert("messages" as any, { body });
        });
        export const who = internalQuery(async (ctx) => (await ctx.auth.getUserIdentity())?.name ?? null);
        """,
}
SITE = "https://convex-test-000.convex.site"


# Requests


def test_what_an_action_sees_of_a_request(t):
    response = t.fetch("/echo", method="POST", json={"a": 1}, headers={"X-Key": "k"}, params={"q": "1 2"})

    assert response.json() == {
        "method": "POST",
        "url": f"{SITE}/echo?q=1+2",
        "headers": {
            "x-key": "k",
            "host": "convex-test-000.convex.site",
            "content-length": "7",
            "content-type": "application/json",
        },
        "hasBody": True,
        "text": '{"a":1}',
    }


@pytest.mark.parametrize(
    ("method", "has_body"), [("GET", False), ("OPTIONS", False), ("POST", True), ("PUT", True), ("DELETE", True)]
)
def test_which_methods_have_a_body(t, method, has_body):
    found = t.fetch("/echo", method=method).json()

    assert (found["method"], found["hasBody"], found["text"]) == (method, has_body, "")


def test_a_get_loses_its_body(t):
    found = t.fetch("/echo", content=b"abc").json()

    assert (found["hasBody"], found["text"]) == (False, "")


def test_methods_may_be_written_small(t):
    assert t.fetch("/echo", method="patch", content="x").json()["method"] == "PATCH"


def test_a_whole_url_is_taken(t):
    assert t.fetch(f"{SITE}/echo?a=1#part").json()["url"] == f"{SITE}/echo?a=1"


def test_bytes_go_in_and_come_out(t):
    assert t.fetch("/bytes", method="POST", content=bytes(range(256))).content == bytes(range(256))


def test_a_form(t):
    assert t.fetch("/form", method="POST", data={"name": "Sarah & Lee"}).json() == ["Sarah & Lee", None]


def test_a_form_with_a_file(t):
    response = t.fetch(
        "/form", method="POST", data={"name": "Sarah"}, files={"file": ("a.txt", b"hello", "text/plain")}
    )

    assert response.json() == ["Sarah", ["a.txt", "text/plain", "hello"]]


def test_a_body_is_read_once(t):
    assert (
        t.fetch("/twice", method="POST", content="x")
        .json()["code"]
        .endswith("Server Error: Uncaught TypeError: Failed to execute 'text' on 'Request': body stream already read")
    )


def test_a_request_that_is_too_large(t):
    assert t.fetch("/bytes", method="POST", content=bytes((20 << 20) + 1)).status_code == 413


# Responses


def test_a_response_is_that_of_the_library(t):
    response = t.fetch("/created")

    assert isinstance(response, httpx2.Response)
    assert (response.status_code, response.text) == (201, "made")
    assert str(response.url) == f"{SITE}/created"
    assert response.headers.multi_items() == [
        ("x-a", "1"),
        ("set-cookie", "a=1"),
        ("set-cookie", "b=2"),
        ("content-type", "text/plain;charset=UTF-8"),
        ("content-length", "4"),
    ]


def test_a_response_without_a_body(t):
    response = t.fetch("/empty")

    assert (response.status_code, response.content, dict(response.headers)) == (204, b"", {})


def test_redirects_are_not_followed(t):
    response = t.fetch("/moved")

    assert (response.status_code, response.headers["location"]) == (307, "https://example.com/")


def test_a_length_that_the_action_gives_is_said_once(t):
    assert t.fetch("/length").headers.get_list("content-length") == ["3"]


def test_a_streamed_response(t):
    response = t.fetch("/stream")

    assert (response.text, dict(response.headers)) == ("one two", {})


def test_a_stream_that_fails_breaks_the_response_off(t):
    with pytest.raises(httpx2.RemoteProtocolError):
        t.fetch("/broken")
    assert [(line.level, line.message) for line in t.logs] == [("WARN", "Uncaught Error: in the middle")]


def test_what_is_too_large_is_left_out(t):
    assert len(t.fetch("/large").content) == 16 << 20
    assert [(line.level, line.message) for line in t.logs] == [
        ("ERROR", "HttpResponseTooLarge: HTTP actions support responses up to 20 MiB")
    ]


# Failures


def test_an_action_that_throws_is_a_response(t):
    response = t.fetch("/throw")
    body = response.json()
    request_id = body["code"].partition("]")[0].removeprefix("[Request ID: ")

    assert (response.status_code, response.headers["content-type"]) == (500, "application/json")
    assert len(request_id) == 16
    assert body["code"] == f"[Request ID: {request_id}] Server Error: Uncaught Error: boom"
    assert body["trace"].startswith("Uncaught Error: boom\n    at ")
    assert "convex/http.ts:" in body["trace"]
    assert set(body) == {"code", "trace"}


def test_a_convex_error_has_its_data(t):
    body = t.fetch("/data").json()

    assert body["data"] == {"code": 7}
    assert body["code"].endswith('Server Error: Uncaught ConvexError: {"code":7}')


def test_what_is_no_response_is_an_error(t):
    assert (
        t.fetch("/nothing").json()["code"].endswith("Server Error: Uncaught Error: HTTP actions must return a Response")
    )


def test_the_error_is_in_the_record(t):
    t.fetch("/throw")

    (record,) = t.calls
    assert isinstance(record.error, FunctionError)
    assert (record.kind, record.function) == ("httpAction", "GET /throw")


# Who asks, and what an action can do


def test_nobody_asks(t):
    assert t.fetch("/who").json() is None


def test_a_user_asks(t):
    sarah = t.with_identity(name="Sarah")

    assert sarah.fetch("/who").json()["name"] == "Sarah"
    assert sarah.fetch("/who/nested").json() == "Sarah"


def test_a_token_of_the_projects_own_is_its_business(t):
    assert t.fetch("/echo", headers={"Authorization": "Bearer x"}).json()["headers"]["authorization"] == "Bearer x"


def test_mutations_of_an_action_are_committed(t):
    assert t.fetch("/messages", method="POST", content="hi").status_code == 201
    assert [row["body"] for row in t.run(lambda ctx: ctx.db.query("messages").collect())] == ["hi"]


def test_an_upload_through_an_action(t):
    stored = t.fetch("/avatar", method="POST", content=b"png", headers={"Content-Type": "image/png"}).json()
    served = t.fetch(stored["url"])

    assert (served.content, served.headers["content-type"]) == (b"png", "image/png")
    assert t.fetch("/file", params={"id": stored["storageId"]}).content == b"png"


def test_the_log_of_an_action(t):
    t.fetch("/log")

    assert [(line.function, line.message) for line in t.logs] == [("GET /log", "'from the action' 16")]


def test_the_record_of_an_action(t):
    t.fetch("/messages?a=1", method="POST", content="hi")

    (record,) = t.calls
    assert (record.kind, record.function) == ("httpAction", "POST /messages")
    assert (record.args, record.result) == ({"method": "POST", "url": f"{SITE}/messages?a=1"}, {"status": 201})
    assert [child.function for child in record.children] == ["messages:send"]


# A deployment that fetches from itself


def test_an_action_fetches_from_its_own_deployment(t):
    assert t.fetch("/self").text == "one two"
    assert t.outbound.calls == []


def test_an_action_that_throws_is_a_response_for_a_function_too(t):
    assert t.fetch("/self/throw").text == "500"


def test_time_goes_on_while_it_waits_for_itself(t):
    source = """async () => {
        const before = Date.now();
        await fetch(process.env.CONVEX_SITE_URL + "/stream");
        return Date.now() - before;
    }"""

    assert 1000 <= t.action(js(source)) < 3000


def test_several_at_once(t):
    source = """async () => await Promise.all(
        ["/created", "/stream", "/empty"].map(async (path) => (await fetch(process.env.CONVEX_SITE_URL + path)).status),
    )"""

    assert t.action(js(source)) == [201, 200, 204]


# Wrong use


@pytest.mark.parametrize("path", ["echo", "", "https://example.com/echo", None, 5])
def test_a_path_that_is_none(t, path):
    with pytest.raises(UsageError) as caught:
        t.fetch(path)
    assert str(caught.value) == (
        f"t.fetch({path!r}): expected the path of an HTTP action, such as '/webhook', or a URL of this deployment, "
        "which begins with https://convex-test-000.convex.site or https://convex-test-000.convex.cloud."
    )


@pytest.mark.parametrize("method", ["", "G ET", 5, None])
def test_a_method_that_is_none(t, method):
    with pytest.raises(UsageError, match=r"expected an HTTP method such as 'POST'\.$"):
        t.fetch("/echo", method=method)


def test_the_api_of_the_deployment_is_not_there(t):
    with pytest.raises(
        UnsupportedError, match=r"^not supported: POST https://convex-test-000\.convex\.cloud/api/query"
    ):
        t.fetch("https://convex-test-000.convex.cloud/api/query", method="POST", json={})
