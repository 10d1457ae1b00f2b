"""Which HTTP action serves a request: npm's router, the server's answers around it, and routers that are wrong."""

from __future__ import annotations

import pytest

from convex_test import ProjectError, js

ROUTER = """\
    import { httpRouter } from "convex/server";
    import { httpAction } from "./_generated/server";

    const http = httpRouter();
    const named = (name: string) => httpAction(async (_ctx, request) =>
      new Response(name + " " + request.method, { headers: { "x-name": name } }),
    );
"""
FILES = {
    "convex/http.ts": ROUTER
    + """\
    http.route({ path: "/exact", method: "GET", handler: named("exact") });
    http.route({ path: "/exact", method: "POST", handler: named("exact") });
    http.route({ path: "/only-post", method: "POST", handler: named("only-post") });
    http.route({ pathPrefix: "/", method: "DELETE", handler: named("all") });
    http.route({ pathPrefix: "/a/", method: "GET", handler: named("a") });
    http.route({ pathPrefix: "/a/b/", method: "GET", handler: named("a/b") });
    http.route({ path: "/a/b/exact", method: "GET", handler: named("a/b/exact") });
    http.route({ path: "/cors", method: "OPTIONS", handler: httpAction(async (_ctx, request) =>
      new Response(null, { status: 204, headers: { "Access-Control-Allow-Origin": request.headers.get("origin")! } }),
    ) });
    http.route({ path: "/with space", method: "GET", handler: named("space") });
    http.route({ path: "/with%20space", method: "GET", handler: named("encoded") });
    export default http;
    """
}


def served(response):
    return response.text if response.status_code == 200 else response.status_code


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/exact", "exact GET"),
        ("POST", "/exact", "exact POST"),
        ("GET", "/exact?a=/b", "exact GET"),
        ("GET", "/exact/", 404),
        ("GET", "/Exact", 404),
        ("GET", "/only-post", 404),
        ("PUT", "/exact", 404),
        ("DELETE", "/exact", "all DELETE"),
        ("DELETE", "/", "all DELETE"),
        ("GET", "/a/", "a GET"),
        ("GET", "/a/x", "a GET"),
        ("GET", "/a", 404),
        ("GET", "/a/b", "a GET"),
        ("GET", "/a/b/", "a/b GET"),
        ("GET", "/a/b/x/y", "a/b GET"),
        ("GET", "/a/b/exact", "a/b/exact GET"),
        ("GET", "/with space", "encoded GET"),
        ("GET", "/with%20space", "encoded GET"),
    ],
)
def test_routes(t, method, path, expected):
    assert served(t.fetch(path, method=method)) == expected


def test_head_is_served_by_get_without_the_body(t):
    response = t.fetch("/exact", method="HEAD")

    assert (response.status_code, response.content, response.headers["x-name"]) == (200, b"", "exact")
    assert response.headers["content-length"] == str(len("exact HEAD"))


def test_nothing_answers_options_by_itself(t):
    assert t.fetch("/exact", method="OPTIONS").status_code == 404


def test_a_route_for_options(t):
    response = t.fetch("/cors", method="OPTIONS", headers={"Origin": "https://app.example"})

    assert (response.status_code, response.headers["access-control-allow-origin"]) == (204, "https://app.example")


def test_no_headers_of_cross_origin_requests_are_added(t):
    response = t.fetch("/exact", headers={"Origin": "https://app.example"})

    assert not [name for name in response.headers if name.startswith("access-control")]


def test_a_path_without_a_route(t):
    response = t.fetch("/nowhere")

    assert (response.status_code, response.text) == (404, "No matching routes found")
    assert response.headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND"])
def test_other_methods_are_not_allowed(t, method):
    response = t.fetch("/exact", method=method)

    assert (response.status_code, response.headers["allow"]) == (405, "GET,HEAD,POST,DELETE,PATCH,PUT,OPTIONS")


def test_a_project_without_http_actions(bare_project):
    with bare_project.test() as t:
        response = t.fetch("/exact")

    assert response.status_code == 404
    assert response.text == "This Convex deployment does not have HTTP actions enabled."


def test_an_http_action_cannot_be_called_by_name(t):
    assert t.query(js("async () => 1")) == 1
    with pytest.raises(Exception, match="Could not find public function for 'http'"):
        t.action("http")


# Routers that are wrong


def error_of(make_t, source):
    t = make_t({"convex/http.ts": source})
    with pytest.raises(ProjectError) as caught:
        t.fetch("/exact")
    return str(caught.value)


def test_no_default_export(make_t):
    assert error_of(make_t, "export const http = 1;").startswith(
        "Failed to analyze http.js: `convex/http.js` must have a default export of a Router."
    )


@pytest.mark.parametrize("value", ["1", "{}", "null", "{ isRouter: false }"])
def test_another_default_export(make_t, value):
    assert error_of(make_t, f"export default {value};").startswith(
        "Failed to analyze http.js: The default export of `convex/http.js` is not a Router."
    )


@pytest.mark.parametrize(
    ("route", "text"),
    [
        ('{ path: "/x", method: "GET" }', "route requires handler"),
        ('{ path: "/x", handler: named("x") }', "route requires method"),
        (
            '{ path: "/x", method: "HEAD", handler: named("x") }',
            "'HEAD' is not an allowed HTTP method (like GET, POST, PUT etc.)",
        ),
        ('{ path: "x", method: "GET", handler: named("x") }', "path 'x' does not start with a /"),
        ('{ path: "/.files/x", method: "GET", handler: named("x") }', "path '/.files/x' is reserved"),
        ('{ pathPrefix: "/x", method: "GET", handler: named("x") }', "pathPrefix /x must end with a /"),
    ],
)
def test_a_wrong_route(make_t, route, text):
    error = error_of(make_t, f"{ROUTER}\nhttp.route({route} as any);\nexport default http;")

    assert error.startswith(f"Failed to analyze http.js: Uncaught Error: {text}\n    at ")


def test_a_handler_that_is_no_http_action(make_t):
    error = error_of(
        make_t, f'{ROUTER}\nhttp.route({{ path: "/x", method: "GET", handler: {{}} as any }});\nexport default http;'
    )

    assert error.startswith("Failed to analyze http.js: arr[0][2] is not an HttpAction")


def test_a_file_that_throws(make_t):
    assert error_of(make_t, "throw new Error('early');\nexport default 1;").startswith(
        "Failed to analyze http.js: Uncaught Error: early\n    at "
    )


def test_a_wrong_router_is_no_matter_while_nobody_fetches(make_t):
    t = make_t({"convex/http.ts": "export default 1;"})

    assert t.query(js("async () => 1")) == 1
