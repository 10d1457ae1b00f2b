"""Modules with `"use node"`: `fetch`, `node:http`, sockets and names."""

from __future__ import annotations

import json
import socket
import threading

import httpx2
import pytest

from convex_test import FunctionError, UsageError, api

URL = "https://api.example.com/users"

FILES = {
    "convex/http.ts": """
        import { httpRouter } from "convex/server";
        import { httpAction } from "./_generated/server";
        const http = httpRouter();
        http.route({ path: "/own", method: "GET", handler: httpAction(async () => new Response("own")) });
        export default http;
    """,
    "convex/node.ts": """
        "use node";
        import dgram from "node:dgram";
        import dns from "node:dns";
        import http from "node:http";
        import https, { request as httpsRequest } from "node:https";
        import net from "node:net";
        import { v } from "convex/values";
        import { action } from "./_generated/server";

        const call = { args: { url: v.string(), options: v.optional(v.any()) } };
        export const text = action({ ...call, handler: async (_ctx, { url, options }) =>
          await (await fetch(url, options)).text() });
        export const seen = action({ ...call, handler: async (_ctx, { url, options }) => {
          const response = await fetch(url, options);
          const { ok, redirected, status, statusText, type } = response;
          return [ok, redirected, status, statusText, type, response.url, Object.fromEntries(response.headers)];
        } });
        export const kinds = action({ ...call, handler: async (_ctx, { url }) => {
          const form = new FormData();
          form.append("name", "Sarah");
          form.append("file", new Blob(["bytes"], { type: "text/plain" }), "a.txt");
          const stream = new ReadableStream({
            start(controller) {
              controller.enqueue(new TextEncoder().encode("one "));
              controller.enqueue(new TextEncoder().encode("two"));
              controller.close();
            },
          });
          for (const body of ["text", new URLSearchParams({ a: "1" }), new Uint8Array([0, 255]), form, stream]) {
            await fetch(new Request(url, { method: "POST", body, duplex: "half" } as RequestInit));
          }
        } });
        export const pieces = action({ ...call, handler: async (_ctx, { url }) => {
          const found: string[] = [];
          for await (const chunk of (await fetch(url)).body!) found.push(Buffer.from(chunk).toString());
          return found;
        } });
        export const failing = action({ ...call, handler: async (_ctx, { url, options }) => {
          try {
            await fetch(url, options);
          } catch (error: any) {
            return [error.name, error.message, error.cause?.message ?? null];
          }
        } });
        export const aborted = action({ ...call, handler: async (_ctx, { url }) => {
          const controller = new AbortController();
          controller.abort();
          return await fetch(url, { signal: controller.signal }).catch((error) => error.name);
        } });
        export const data = action(async () => await (await fetch("data:text/plain,hello")).text());
        const read = (request: http.ClientRequest, body?: string) => new Promise((resolve, reject) => {
          request.on("error", reject);
          request.on("response", (response) => {
            let text = "";
            response.on("data", (chunk) => { text += chunk; });
            response.on("end", () => resolve([response.statusCode, response.headers["x-id"] ?? null, text]));
          });
          request.end(body);
        });
        export const get = action({ ...call, handler: async (_ctx, { url }) => await read(https.get(url)) });
        export const post = action({ ...call, handler: async (_ctx, { url }) =>
          await read(httpsRequest(url, { method: "POST", headers: { "content-type": "text/plain" } }), "sent") });
        export const plain = action({ ...call, handler: async (_ctx, { url }) => await read(http.request(url)) });
        const connecting = (port: number) => new Promise((resolve) => {
          const connection = net.connect(port, "localhost");
          connection.on("error", (error: any) => resolve([error.code, error.message]));
          connection.on("data", (data) => { connection.destroy(); resolve(data.toString()); });
        });
        export const connect = action({ args: { port: v.number() }, handler: async (_ctx, { port }) =>
          await connecting(port) });
        export const lookup = action(async () =>
          await dns.promises.lookup("example.com").catch((error) => error.message));
        export const resolve4 = action(async () =>
          await new Promise((resolve) => dns.resolve4("example.com", (error) => resolve(error?.message))));
        export const datagram = action(async () => {
          try {
            dgram.createSocket("udp4").send("x", 53, "example.com");
          } catch (error: any) {
            return error.message;
          }
        });
    """,
}


@pytest.fixture
def lenient(project):
    """A `t` that takes no offence at requests that nobody answers."""
    with project.test() as t:
        t.outbound.allow_unmatched = True
        yield t


# fetch


def test_routes_answer(t):
    t.outbound.get(URL).respond(json={"name": "Sarah"})

    assert t.action(api.node.text, url=URL) == '{"name": "Sarah"}'


def test_what_a_function_sees_of_a_response(t):
    t.outbound.get(URL).respond(status_code=404, text="no", headers={"X-Request-Id": "7"})
    ok, redirected, status, status_text, kind, url, headers = t.action(api.node.seen, url=f"{URL}#part")

    assert (ok, redirected, status, status_text, kind, url) == (False, False, 404, "Not Found", "basic", URL)
    assert headers["x-request-id"] == "7"


@pytest.mark.parametrize("status", [204, 304])
def test_responses_without_a_body(t, status):
    t.outbound.get(URL).respond(status_code=status)

    assert t.action(api.node.seen, url=URL)[2] == status


def test_bodies_of_every_kind(t):
    t.outbound.post(URL).respond()
    t.action(api.node.kinds, url=URL)

    sent = [(call.request.headers.get("content-type"), call.request.content) for call in t.outbound.calls]
    assert sent[0] == ("text/plain;charset=UTF-8", b"text")
    assert sent[1] == ("application/x-www-form-urlencoded;charset=UTF-8", b"a=1")
    assert sent[2] == (None, b"\x00\xff")
    assert sent[3][0].startswith("multipart/form-data; boundary=")
    assert b'filename="a.txt"' in sent[3][1]
    assert sent[4] == (None, b"one two")


def test_a_body_that_comes_in_pieces(t):
    t.outbound.get(URL).respond(stream=[b"one ", b"two"])

    assert t.action(api.node.pieces, url=URL) == ["one ", "two"]


def test_redirects_are_followed(t):
    t.outbound.post(URL).respond(status_code=302, headers={"location": "https://other.example/there"})
    t.outbound.get("https://other.example/there").respond(text="there")
    options = {"method": "POST", "body": "x", "headers": {"authorization": "secret", "content-type": "text/x"}}

    assert t.action(api.node.seen, url=URL, options=options)[1:3] == [True, 200]
    last = t.outbound.calls[-1].request
    assert last.method == "GET"
    assert not {"authorization", "content-type"} & set(last.headers)


@pytest.mark.parametrize(
    ("mode", "expected"), [("error", ["TypeError", "fetch failed", "unexpected redirect"]), ("manual", None)]
)
def test_redirects_that_are_not_followed(t, mode, expected):
    t.outbound.get(URL).respond(status_code=301, headers={"location": "/there"})

    assert t.action(api.node.failing, url=URL, options={"redirect": mode}) == expected


def test_the_deployment_answers_at_its_own_address(t):
    assert t.action(api.node.text, url="https://convex-test-000.convex.site/own") == "own"


def test_data_urls(t):
    assert t.action(api.node.data) == "hello"


def test_a_broken_connection(t):
    def broken(request):
        raise httpx2.ConnectError("no route to host")

    t.outbound.mock(broken)

    assert t.action(api.node.failing, url=URL) == [
        *["TypeError", "fetch failed"],
        f"error sending request for url ({URL}): no route to host",
    ]


def test_an_unknown_scheme(t):
    assert t.action(api.node.failing, url="ftp://example.com/") == ["TypeError", "fetch failed", "unknown scheme"]


def test_an_aborted_request_is_not_sent(t):
    assert t.action(api.node.aborted, url=URL) == "AbortError"


def test_nobody_answers(lenient):
    name, message, _ = lenient.action(api.node.failing, url=URL)

    assert name == "TypeError"
    assert message == (
        f"Nobody answers GET {URL}: nothing leaves the process in a test. "
        f'Answer it with t.outbound.get("{URL}").respond(json=…), '
        "or let it out with @pytest.mark.convex(network=True)."
    )


def test_nobody_answers_and_the_test_fails(project):
    with pytest.raises(UsageError, match=r"Functions fetched what t\.outbound has no answer for"), project.test() as t:
        t.action(api.node.failing, url=URL)


# node:http and node:https


def test_requests_of_node_https(t):
    t.outbound.get(URL).respond(text="got", headers={"X-Id": "7"})
    t.outbound.post(URL).respond(status_code=201, text="made")

    assert t.action(api.node.get, url=URL) == [200, "7", "got"]
    assert t.action(api.node.post, url=URL) == [201, None, "made"]
    assert t.outbound.calls[-1].request.content == b"sent"


def test_requests_of_node_http(t):
    t.outbound.get("http://api.example.com/").respond(text="plain")

    assert t.action(api.node.plain, url="http://api.example.com/") == [200, None, "plain"]


def test_nobody_answers_a_request_of_node_https(lenient):
    with pytest.raises(FunctionError, match=f"Nobody answers GET {URL}: nothing leaves the process in a test."):
        lenient.action(api.node.get, url=URL)


# Everything else


def test_a_connection_is_refused(lenient):
    code, message = lenient.action(api.node.connect, port=5432)

    assert code == "ECONNREFUSED"
    assert message == (
        "Nothing leaves the process in a test: a connection to localhost:5432 was refused. t.outbound answers fetch "
        "and requests of node:http and node:https; let other connections out with @pytest.mark.convex(network=True)."
    )


def test_a_refused_connection_fails_the_test(project):
    with pytest.raises(UsageError) as caught, project.test() as t:
        t.action(api.node.connect, port=5432)

    assert str(caught.value) == (
        "Node actions have tried to reach the network:\n"
        "    a connection to localhost:5432\n"
        "t.outbound answers HTTP alone. Let other connections out with @pytest.mark.convex(network=True), or set "
        "t.outbound.allow_unmatched = True, and they fail in the function alone."
    )


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("lookup", 'the DNS query lookup("example.com")'),
        ("resolve4", 'the DNS query resolve4("example.com")'),
        ("datagram", "a datagram (dgram send)"),
    ],
)
def test_names_and_datagrams_are_refused(lenient, name, what):
    assert f"{what} was refused" in lenient.action(f"node:{name}")


def test_connections_that_the_test_lets_out(project):
    with socket.create_server(("127.0.0.1", 0)) as server, project.test(network=True) as t:

        def answer():
            connection, _ = server.accept()
            connection.sendall(json.dumps("hello").encode())
            connection.close()

        thread = threading.Thread(target=answer)
        thread.start()
        assert t.action(api.node.connect, port=server.getsockname()[1]) == '"hello"'
        thread.join()
