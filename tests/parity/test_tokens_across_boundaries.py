"""What becomes of a token on its way into components and into Node.js.

Read in `crates/model/src/components/auth.rs` (components) and in `ExecuteRequest` of
`crates/application/src/application_function_runner/mod.rs` (Node.js).
"""

from __future__ import annotations

import jwt
import pytest

from convex_test import api

CLOUD = "https://convex-test-000.convex.cloud"
FILES = {
    "convex/auth.config.ts": """\
        export default { providers: [{ domain: "https://login.example.com", applicationID: "app" }] };
        """,
    "convex/convex.config.ts": """\
        import { defineApp } from "convex/server";
        import vault from "./vault/convex.config";
        const app = defineApp();
        app.use(vault);
        export default app;
        """,
    "convex/vault/convex.config.ts": """\
        import { defineComponent } from "convex/server";
        export default defineComponent("vault");
        """,
    "convex/vault/tokens.ts": """\
        import { actionGeneric as action, mutationGeneric as mutation } from "convex/server";

        export const sign = mutation({
          args: {},
          handler: async (ctx: any) => await ctx.auth.signJwt({ expiresInSeconds: 60, claims: { sub: "vault" } }),
        });
        export const seen = mutation({
          args: {},
          handler: async (ctx: any) => [
            (await ctx.auth.getUserIdentity())?.subject ?? null, (await ctx.meta.getRequestMetadata()).authToken,
          ],
        });
        export const seenInAction = action({
          args: {},
          handler: async (ctx: any) => [
            (await ctx.auth.getUserIdentity())?.subject ?? null, (await ctx.meta.getRequestMetadata()).authToken,
          ],
        });
        """,
    "convex/app.ts": """\
        import { action, mutation } from "./_generated/server";
        import { components } from "./_generated/api";
        const vault = (components as any).vault.tokens;

        export const sign = mutation(async (ctx): Promise<any> => await ctx.runMutation(vault.sign, {}));
        export const fromMutation = mutation(async (ctx): Promise<any> => await ctx.runMutation(vault.seen, {}));
        export const fromAction = action(async (ctx): Promise<any> => [
          await ctx.runMutation(vault.seen, {}), await ctx.runAction(vault.seenInAction, {}),
        ]);
        """,
    "convex/node.ts": """\
        "use node";
        import { action } from "./_generated/server";

        export const who = action(async (ctx): Promise<any> => (await ctx.auth.getUserIdentity())?.subject ?? null);
        """,
    "convex/http.ts": """\
        import { httpRouter } from "convex/server";
        import { api } from "./_generated/api";
        import { httpAction } from "./_generated/server";

        const http = httpRouter();
        const on = (path: string, handler: any) => http.route({ path, method: "GET", handler: httpAction(handler) });
        on("/node", async (ctx: any) => Response.json(await ctx.runAction(api.node.who, {})));
        on("/component", async (ctx: any) => Response.json(await ctx.runAction(api.app.fromAction, {})));
        export default http;
        """,
}


@pytest.fixture
def token(t):
    return t.sign_token(sub="sarah")


def test_a_component_is_an_issuer_of_its_own(t):
    claims = jwt.decode(t.mutation(api.app.sign), options={"verify_signature": False})
    assert (claims["iss"], claims["sub"]) == (f"{CLOUD}/components/vault", "vault")


def test_mutations_take_the_token_into_components(t, token):
    assert t.with_token(token).mutation(api.app.fromMutation) == ["sarah", token]


def test_actions_leave_it_behind(t, token):
    assert t.with_token(token).action(api.app.fromAction) == [[None, None], [None, None]]


@pytest.mark.parametrize("header", ["Bearer x", "Basic x:y"])
def test_what_is_wrong_with_a_header_stays_outside_of_components(t, header):
    response = t.fetch("/component", headers={"Authorization": header})
    assert (response.status_code, response.json()) == (200, [[None, None], [None, None]])


def test_node_sees_the_user(t, token):
    assert t.with_token(token).action(api.node.who) == "sarah"
    assert t.fetch("/node", headers={"Authorization": f"Bearer {token}"}).json() == "sarah"


def test_in_node_a_header_that_is_no_good_is_nobody(t):
    response = t.fetch("/node", headers={"Authorization": "Bearer x"})
    assert (response.status_code, response.json()) == (200, None)
