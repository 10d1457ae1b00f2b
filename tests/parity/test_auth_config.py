"""`auth.config.ts`: when it is evaluated, and what it may do (`crates/isolate/src/environment/auth_config.rs`).

Which configs are valid is in `tests/backend/test_auth_configs.py`.
"""

from __future__ import annotations

import json

import pytest

from convex_test import FunctionError, ProjectError, api

USERS = """\
    import { query } from "./_generated/server";
    export const who = query(async (ctx) => await ctx.auth.getUserIdentity() as any);
    """
PROVIDER = '{ domain: "https://login.example.com", applicationID: "app" }'


@pytest.fixture
def with_config(make_project):
    """A project with that `auth.config.ts`."""

    def make(source, name="convex/auth.config.ts"):
        return make_project({name: source, "convex/users.ts": USERS})

    return make


def refusal(project, **settings):
    with project.test(**settings) as t, pytest.raises(ProjectError) as caught:
        t.sign_token()
    return str(caught.value)


def test_a_project_without_tokens_needs_none_of_it(with_config):
    project = with_config("throw new Error('not evaluated');\nexport default {};")
    with project.test() as t:
        assert t.query(api.users.who) is None
        assert t.with_identity(name="Sarah").query(api.users.who)["name"] == "Sarah"


def test_a_header_that_is_no_token_needs_none_of_it(make_project):
    files = {
        "convex/auth.config.ts": "export default { providers: process.env.NOT_SET };",
        "convex/http.ts": """\
            import { httpRouter } from "convex/server";
            import { httpAction } from "./_generated/server";
            const http = httpRouter();
            http.route({ path: "/", method: "GET", handler: httpAction(async () => new Response("open")) });
            export default http;
            """,
    }
    with make_project(files).test() as t:
        assert t.fetch("/", headers={"Authorization": "Bearer secret"}).text == "open"


def test_the_javascript_file(with_config):
    with with_config(f"export default {{ providers: [{PROVIDER}] }};", "convex/auth.config.js").test() as t:
        assert t.with_token(t.sign_token(sub="s")).query(api.users.who)["subject"] == "s"


def test_it_may_import(make_project):
    files = {
        "convex/auth.config.ts": "import { providers } from './login';\nexport default { providers };",
        "convex/login.ts": f"export const providers = [{PROVIDER}];",
        "convex/users.ts": USERS,
    }
    with make_project(files).test() as t:
        assert t.with_token(t.sign_token(sub="s")).query(api.users.who)["subject"] == "s"


# The environment


FROM_ENV = """\
    export default { providers: [{ domain: process.env.ISSUER, applicationID: "app" }] };
    """


def test_it_reads_the_environment(with_config):
    with with_config(FROM_ENV).test(env={"ISSUER": "https://one.example.com"}) as t:
        assert t.with_token(t.sign_token()).query(api.users.who)["issuer"] == "https://one.example.com"


def test_it_is_evaluated_again_when_a_variable_changes(with_config):
    with with_config(FROM_ENV).test(env={"ISSUER": "https://one.example.com"}) as t:
        token = t.sign_token()
        t.with_token(token)
        t.env["ISSUER"] = "https://two.example.com"
        assert t.with_token(t.sign_token()).query(api.users.who)["issuer"] == "https://two.example.com"
        with pytest.raises(FunctionError, match="No auth provider found"):
            t.with_token(token)


def test_two_backends_have_their_own_environment(with_config):
    project = with_config(FROM_ENV)
    with (
        project.test(env={"ISSUER": "https://one.example.com"}) as one,
        project.test(env={"ISSUER": "https://two.example.com"}) as two,
    ):
        for _ in range(2):
            assert one.with_token(one.sign_token()).query(api.users.who)["issuer"] == "https://one.example.com"
            assert two.with_token(two.sign_token()).query(api.users.who)["issuer"] == "https://two.example.com"


def test_a_variable_that_is_not_set(with_config):
    assert refusal(with_config(FROM_ENV)) == (
        "Environment variable ISSUER is used in auth config file but its value was not set\n"
        "    at convex/auth.config.ts (convex/auth.config.ts:1:40)\n"
        'Set it: t.env["ISSUER"] = "…", or @pytest.mark.convex(env={"ISSUER": "…"}) on the test.'
    )


def test_a_variable_may_be_set_after_that(with_config):
    with with_config(FROM_ENV).test() as t:
        with pytest.raises(ProjectError):
            t.sign_token()
        t.env["ISSUER"] = "https://one.example.com"
        t.with_token(t.sign_token())


def test_the_deployments_own_urls_are_set(with_config):
    source = 'export default { providers: [{ domain: process.env.CONVEX_SITE_URL, applicationID: "convex" }] };'
    with with_config(source).test() as t:
        assert t.with_token(t.sign_token()).query(api.users.who)["issuer"] == t.env["CONVEX_SITE_URL"]


# What it may not do


@pytest.mark.parametrize(
    ("expression", "column", "text"),
    [
        ("Math.random()", 21, "Math.random unsupported when evaluating auth config file"),
        ("crypto.randomUUID()", 23, "Cannot use cryptographic randomness when evaluating auth config file"),
        ("Date.now()", 21, "Date unsupported when evaluating auth config file"),
        ("new Date()", 20, "Date unsupported when evaluating auth config file"),
        ("performance.now()", 28, "The Performance API is not supported when evaluating auth config file"),
        ('Convex.syscall("1.0/x", "{}")', 23, "Syscall 1.0/x unsupported when evaluating auth config file"),
    ],
)
def test_it_may_not(with_config, expression, column, text):
    assert refusal(with_config(f"const x: any = {expression};\nexport default {{ providers: [], x }};")) == (
        f"The pushed auth config is invalid: Uncaught Error: {text}\n"
        f"    at convex/auth.config.ts (convex/auth.config.ts:1:{column})"
    )


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ('fetch("https://example.com")', "fetch() unsupported while evaluating auth config file"),
        ('Convex.asyncSyscall("1.0/get", "{}")', "Syscall 1.0/get unsupported while evaluating auth config file"),
    ],
)
def test_it_may_not_ask_either(with_config, expression, text):
    """What rejects instead of throwing cannot be awaited; the reason is what a `then` would get."""
    source = f"""\
        let reason = "none";
        {expression}.catch((error: Error) => {{ reason = error.message; }});
        export default {{ toJSON: () => ({{ providers: [{{ domain: "x.y." + reason, applicationID: "" }}] }}) }};
        """
    assert text in refusal(with_config(source))


@pytest.mark.parametrize(
    "expression", ["new URL('https://y.com').href", "new TextDecoder().decode() + 'https://y.com'"]
)
def test_it_may_use_the_webs_types(with_config, expression):
    source = f"export default {{ providers: [{{ domain: {expression}, applicationID: 'a' }}] }};"
    with with_config(source).test() as t:
        assert t.with_token(t.sign_token()).query(api.users.who)["issuer"].startswith("https://y.com")


def test_a_date_that_is_given_is_no_clock(with_config):
    source = """\
        const year = new Date(0).getUTCFullYear();
        export default { providers: [{ domain: `https://y${year}.com`, applicationID: "a" }] };
        """
    with with_config(source).test() as t:
        assert t.with_token(t.sign_token()).query(api.users.who)["issuer"] == "https://y1970.com"


def test_functions_have_their_clock_afterwards(with_config):
    with with_config(f"export default {{ providers: [{PROVIDER}] }};").test() as t:
        t.sign_token()
        assert t.query(api.users.who) is None


# What it may export


@pytest.mark.parametrize(
    "source", ["export const providers = [];", "export default undefined;", "export default null;"]
)
def test_no_default_export(with_config, source):
    assert refusal(with_config(source)).startswith(
        "The pushed auth config is invalid: auth config file is missing default export. To learn more, see the auth "
        "documentation at https://docs.convex.dev/auth.\n    at convex/auth.config.ts"
    )


@pytest.mark.parametrize("source", ["const a: any = {}; a.a = a; export default a;", "export default { n: 1n };"])
def test_an_export_that_is_no_json(with_config, source):
    assert refusal(with_config(source)).startswith(
        "The pushed auth config is invalid: auth config file can only contain strings To learn more, see the auth "
        "documentation at https://docs.convex.dev/auth."
    )


def test_a_config_that_is_wrong(with_config):
    assert refusal(with_config("export default { providers: [{ applicationId: 'app' }] };")) == (
        "The pushed auth config is invalid: auth config file must include a list of provider credentials: Provider at "
        "index 0 must have applicationID property spelled lowercase 'application', capital I, capital D.\n\n"
        "The auth config is convex/auth.config.ts."
    )


def test_a_file_that_throws(with_config):
    source = "function fail(): any {\n  throw new TypeError('no');\n}\nexport default fail();"
    assert refusal(with_config(source)) == (
        "The pushed auth config is invalid: Uncaught TypeError: no\n"
        "    at fail (convex/auth.config.ts:2:13)\n"
        "    at convex/auth.config.ts (convex/auth.config.ts:4:16)"
    )


def test_other_exports_and_properties_do_not_matter(with_config):
    source = f"export const x = 1;\nexport default {{ providers: [{PROVIDER}], more: () => 1 }};"
    with with_config(source).test() as t:
        t.with_token(t.sign_token())


def test_keys_in_the_file_must_be_a_key_set(with_config):
    provider = {"type": "customJwt", "issuer": "https://x.example.com", "algorithm": "ES256"}
    source = json.dumps({"providers": [{**provider, "jwks": "data:application/json,{}"}]})
    refused = pytest.raises(FunctionError, match=r"^Invalid JWKS response body from 'data:application/json,{}'")
    with with_config(f"export default {source};").test() as t, refused:
        t.with_token(t.sign_token())
