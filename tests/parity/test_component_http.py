"""HTTP routes of components, `httpPrefix`, and which of several routes serves a request.

Imitated: `route_http_action` in `crates/application/src/application_function_runner/http_routing.rs`.
"""

from __future__ import annotations

import pytest

from convex_test import ProjectError

HTTP = """
    import {{ httpRouter }} from "convex/server";
    import {{ httpAction }} from "./_generated/server";
    const http = httpRouter();
    const say = (who: string) => httpAction(async (ctx, request) => {{
      const identity = await ctx.auth.getUserIdentity();
      return Response.json({{ who, path: new URL(request.url).pathname, name: identity?.name ?? null,
        site: process.env.CONVEX_SITE_URL }});
    }});
    {routes}
    export default http;
"""


def http(*routes):
    lines = [f'http.route({{ {route}, method: "GET", handler: say("{who}") }});' for who, route in routes]
    return HTTP.format(routes="\n".join(lines))


FILES = {
    "convex/convex.config.ts": """
        import { defineApp } from "convex/server";
        import parent from "./parent/convex.config";
        const app = defineApp({ httpPrefix: "/api" });
        app.use(parent, { httpPrefix: "/parent" });
        app.use(parent, { name: "silent" });
        export default app;
    """,
    "convex/http.ts": http(
        ("app exact", 'path: "/hello"'),
        ("app prefix", 'pathPrefix: "/things/"'),
        ("app catches", 'pathPrefix: "/"'),
    ),
    "convex/parent/convex.config.ts": """
        import { defineComponent } from "convex/server";
        import child from "../child/convex.config";
        const parent = defineComponent("parent");
        parent.use(child, { httpPrefix: "/child/" });
        export default parent;
    """,
    "convex/parent/http.ts": http(("parent", 'path: "/hello"')),
    "convex/child/convex.config.ts": """
        import { defineComponent } from "convex/server";
        export default defineComponent("child");
    """,
    "convex/child/http.ts": http(("child", 'path: "/hello"')),
}
SITE = "https://convex-test-000.convex.site"


@pytest.fixture
def t(make_t):
    return make_t(FILES)


@pytest.mark.parametrize(
    ("path", "who"),
    [
        ("/api/hello", "app exact"),
        ("/api/things/1", "app prefix"),
        ("/api/else", "app catches"),
        ("/parent/hello", "parent"),
        ("/parent/child/hello", "child"),
    ],
)
def test_which_route_serves(t, path, who):
    response = t.fetch(path)
    assert (response.json()["who"], response.json()["path"]) == (who, path)


def test_without_the_prefix_of_the_app_nothing_is_there(t):
    response = t.fetch("/hello")
    assert (response.status_code, response.text) == (
        404,
        "This Convex deployment does not have HTTP actions enabled.",
    )


def test_a_mount_without_such_a_route(t):
    response = t.fetch("/parent/nope")
    assert (response.status_code, response.text) == (404, "No matching routes found")


def test_a_component_does_not_see_who_calls(t):
    sarah = t.with_identity(name="Sarah")
    assert [sarah.fetch(path).json()["name"] for path in ("/api/hello", "/parent/hello")] == ["Sarah", None]


def test_the_site_url_of_a_component_ends_in_its_prefix(t):
    assert t.fetch("/parent/hello").json()["site"] == f"{SITE}/parent"
    assert t.fetch("/parent/child/hello").json()["site"] == f"{SITE}/parent/child"
    assert t.fetch("/api/hello").json()["site"] == SITE


def test_calls_name_the_path_as_the_component_sees_it(t):
    t.fetch("/parent/hello")
    assert (t.calls[-1].function, t.calls[-1].kind) == ("GET /hello", "httpAction")


def test_a_mount_of_a_component_without_routes(make_t):
    files = {name: text for name, text in FILES.items() if name != "convex/child/http.ts"}
    with pytest.raises(ProjectError) as caught:
        make_t(files)
    assert str(caught.value).startswith(
        'HTTP mount HttpMountPath("/child/") is invalid: Child component ComponentName(Identifier("child")) doesn\'t '
        "have any HTTP routes."
    )


def test_a_mount_in_the_place_of_a_prefix_route(make_t):
    with pytest.raises(ProjectError) as caught:
        make_t(FILES | {"convex/http.ts": http(("app", 'pathPrefix: "/parent/"'))})
    assert str(caught.value).startswith(
        'HTTP mount HttpMountPath("/parent/") is invalid: Overlap with existing prefix route'
    )
