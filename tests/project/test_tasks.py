"""Which functions, promises and caught errors of what esbuild prints are made visible, and how."""

from __future__ import annotations

import pytest
import quickjs

from convex_test.project.tasks import helpers, with_hooks


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("f(async (x) => {\n});", "f($_(async(x)=>{\n}));"),
        ("f(async (x) => g(x), 1);", "f($_(async(x)=>g(x)), 1);"),
        ("(async () => {\n})();", "($_(async()=>{\n}))();"),
        ("f(async function(x) {\n});", "f($_(async function(x) {\n}));"),
        ("a = async () => async () => 1;", "a = $_(async()=>$_(async()=>1));"),
        ("a = b ? async () => 1 : async () => 2;", "a = b ? $_(async()=>1) : $_(async()=>2);"),
        ("a = async () => b ? 1 : 2;", "a = $_(async()=>b ? 1 : 2);"),
        ("a = [async (x) => x, { b: async () => ({ c }) }];", "a = [$_(async(x)=>x), { b: $_(async()=>({ c }) )}];"),
        ("a = `${b.map(async (x) => `${x}`)}`;", "a = `${b.map($_(async(x)=>`${x}`))}`;"),
        ("a = { async b(x) {\n}, c };", 'a = { b: __task(async function(x) {\n}, "b"), c };'),
        ('a = { async "b-c"() {\n} };', 'a = { "b-c": __task(async function() {\n}, "b-c") };'),
        ("new Promise((resolve) => {\n});", "__promise(  (resolve) => {\n});"),
        ("try {\n} catch (e) {\n}", "try {\n} catch (e) {__caught(e);\n}"),
        ("try {\n} catch {\n}", "try {\n} catch (__error) {__caught(__error);\n}"),
        (
            "try {\n} catch ({ a: [b] }) {\n}",
            "try {\n} catch (__error) {__caught(__error);let { a: [b] } = __error;\n}",
        ),
        (
            'var a = /* @__PURE__ */ __name(async () => {\n}, "a");',
            'var a = /* @__PURE__ */ __task(async () => {\n}, "a");',
        ),
        ('async function a() {\n}\n__name(a, "a");', 'async function a() {\n}\na = __task(a, "a");'),
        (
            'class A {\n  static {\n    __name(this, "A");\n  }\n}',
            'class A {\n  static {\n    __task(this, "A");\n  }\n}',
        ),
        ("a = b / async (x) => x / 2;", "a = b / $_(async(x)=>x / 2);"),
    ],
)
def test_made_visible(printed, expected):
    assert with_hooks(printed, "$_") == expected


@pytest.mark.parametrize(
    "printed",
    [
        '"async () => {} } catch (e) { new Promise(";',
        "'async () => 1, new Promise(';",
        "// async () => 1",
        "/* async () => 1 */",
        "`async () => 1, new Promise(`;",
        'a = /async () => "1[/"]/;',
        "return /['\"`{(]new Promise()/.test(x);",
        "async(x);",
        "a.async (x) => 1;",
        "a = { async: 1, class: 2, catch: 3 };",
        "a = { async b() {\n  return super.b();\n} };",
        "class A extends B({}) {\n  async a() {\n  }\n}",
        "a = { async *b() {\n} };",
        "a.catch((e) => 1);",
        "new PromisePool(1);",
        "f(async () => 1;",
        "f(async () => [1);",
        "f(async () => `${1);",
    ],
)
def test_left_alone(printed):
    assert with_hooks(printed, "$_") == printed


def test_of_some_code_only_what_it_catches_is_made_visible():
    printed = "try {\n  new Promise(async () => 1);\n} catch (e) {\n}"
    assert with_hooks(printed, "$_", only_caught=True) == printed.replace("(e) {", "(e) {__caught(e);")


def test_a_short_name_that_is_taken_is_not_used():
    assert helpers("")[1] == "$_"
    assert helpers("$_ + 1")[1] == "_$"
    assert helpers("$_ _$ $0 $1 $2 $3")[1] == "__task"


PROGRAM = """
  var log = [];
  class Base { async m(x) { return x + 1; } }
  class A extends Base {
    async m(x) { return await super.m(x) * 2; }
    static async s(...all) { return all.length; }
  }
  const o = { n: 3, async get(x, y) {
    return [this.n, arguments.length, x ? y : 0];
  } };
  const lazy = async (x) => x ? { a: [x, ","], b: ")" } : null, other = async function(...all) {
    return all;
  };
  (async () => {
    try {
      await new Promise((resolve, reject) => reject({ message: "m", code: [7] }));
    } catch ({ message, code: [first] }) {
      log.push(message, first);
    }
    try {
      throw 1;
    } catch {
      log.push("caught");
    }
    log.push(await new A().m(1), await A.s(1, 2), await o.get(1, 2), await lazy(2), await other(1, 2));
    log.push([o.get.name, o.get.length, lazy.length, [1, 2].map(async (n) => n / 2).length]);
    log.push(await Promise.all([1, 2].map(async (n) => `${n}${[n].map((m) => m / 2)}`)));
  })();
"""


def test_code_does_what_it_did():
    def run(code):
        context = quickjs.Context()
        context.eval(code)
        while context.execute_pending_job():
            pass
        return context.eval("JSON.stringify(log)")

    definitions, short = helpers(PROGRAM)
    hooked = with_hooks(PROGRAM, short)
    assert hooked.count("__task(") + hooked.count(f"{short}(") == 6
    assert run(definitions + hooked) == run(PROGRAM)
    assert hooked.count("\n") == PROGRAM.count("\n")
