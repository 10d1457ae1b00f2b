// Writes `tests/vectors/web.json`: what Node's own WHATWG implementations make of URLs, query strings and encoded text.
// Left out is what Node 24 does not do as the standards say: a base without a hierarchy, such as "mailto:a@b", which no
// relative URL may have, and the label "latin1", which is another name of windows-1252.
// `node measure.mjs [file]`
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

let state = 7;
const random = (below) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
};
const pick = (list) => list[random(list.length)];
const vectors = {};

function add(group, expression) {
  let value;
  try {
    value = (0, eval)(expression);
  } catch (error) {
    value = { throws: error.name };
  }
  (vectors[group] ??= []).push([expression, value]);
}

const schemes = ["http:", "https:", "HTTP:", "ftp:", "file:", "mailto:", "data:", "blob:", "foo:", "", "ws:", "javascript:"];
const slashes = ["//", "//", "//", "/", "", "\\\\", "///"];
const users = ["", "", "", "user@", "user:pa ss@", "a%40b:c@", ":@"];
const hosts = ["example.com", "EXAMPLE.com", "127.0.0.1", "0x7f.1", "[::1]", "[2001:db8::ff00:42:8329]", "ex%41mple.com", "münchen.de", "xn--mnchen-3ya.de", "", "a b", "256.1.1.1", "localhost", "a..b", "☕.example", "1.2.3", "faß.de"];
const ports = ["", "", "", ":80", ":443", ":8080", ":0", ":65536", ":", ":x"];
const paths = ["", "/", "/a/b", "/a/../b/./c", "/a b/ü", "/%7Efoo/%zz", "/..//x", "/a;b=c", "/C:/x", "a/b", "../c", "/%2e%2e/x", "/{x}|`^", "/\ttab\nline"];
const queries = ["", "", "?", "?a=1&b=2", "?q=a b&ü='\"<>", "?%zz", "?a=b?c"];
const hashes = ["", "", "#", "#frag", "#a b`<>\"", "#ü#x"];
const bases = [undefined, "http://example.org/foo/bar?x#y", "https://u:p@h:8080/d/", "file:///C:/a/b", "foo://host/p/q"];
const show = "((u) => [u.href, u.origin, u.protocol, u.username, u.password, u.host, u.hostname, u.port, u.pathname, u.search, u.hash])";
for (let i = 0; i < 500; i++) {
  const text = pick(schemes) + pick(slashes) + pick(users) + pick(hosts) + pick(ports) + pick(paths) + pick(queries) + pick(hashes);
  const base = pick(bases);
  add("urls", `${show}(new URL(${JSON.stringify(text)}${base === undefined ? "" : `, ${JSON.stringify(base)}`}))`);
}
for (let i = 0; i < 120; i++) {
  const text = pick(paths) + pick(queries) + pick(hashes);
  add("urls", `${show}(new URL(${JSON.stringify(text)}, ${JSON.stringify(pick(bases.slice(1)))}))`);
}
const values = ["x", "a b", "ü", "", "a/b?c#d", "%41", "9000", "+&=", "☕"];
for (const [setter, choices] of [["pathname", values], ["search", values], ["hash", values], ["port", ["80", "8080", "", "x", "99999"]], ["protocol", ["https", "http:", "ftp", "foo"]]]) {
  for (const value of choices) for (const href of ["http://example.com/p?q#h", "https://u@h:8443/"]) add("url setters", `((u) => { u.${setter} = ${JSON.stringify(value)}; return u.href; })(new URL("${href}"))`);
}
for (let i = 0; i < 120; i++) {
  const text = Array.from({ length: 1 + random(4) }, () => pick(["a=1", "b=2", "a=", "=x", "", "a b=c+d", "%41=%zz", "ü=☕", "a=%E2%98", "c", "a=3&a=4"])).join("&");
  add("query strings", `((p) => [p.toString(), [...p], p.getAll("a"), p.has("b")])(new URLSearchParams(${JSON.stringify(text)}))`);
  add("query strings", `((p) => { p.append("z", ${JSON.stringify(pick(values))}); p.delete("a"); p.set("b", ${JSON.stringify(pick(values))}); p.sort(); return p.toString(); })(new URLSearchParams(${JSON.stringify(text)}))`);
}
const bytes = () => `[${Array.from({ length: 1 + random(8) }, () => pick([0x41, 0x7f, 0x80, 0xbf, 0xc2, 0xc3, 0xe2, 0x98, 0x95, 0xed, 0xa0, 0xf0, 0x9f, 0x92, 0xa9, 0xf5, 0xff, 0xef, 0xbb]))}]`;
for (let i = 0; i < 200; i++) {
  const encoding = pick(["utf-8", "utf-8", "utf-16le", "utf8"]);
  add("decoding", `new TextDecoder("${encoding}").decode(new Uint8Array(${bytes()}))`);
  add("decoding", `((d) => d.decode(new Uint8Array(${bytes()}), { stream: true }) + "|" + d.decode(new Uint8Array(${bytes()})))(new TextDecoder())`);
}
for (const text of ["", "a", "aü☕💩", "\ud800", "a\udc00b", "\ud83d\ud83d\udca9", "\u0000\uffff"]) {
  add("encoding", `[...new TextEncoder().encode(${JSON.stringify(text)})]`);
  add("encoding", `((a) => [new TextEncoder().encodeInto(${JSON.stringify(text)}, a).read, [...a]])(new Uint8Array(4))`);
}
for (const text of ["", "a", "ab", "abc", "\u00ff\u00fe", "\u0100", "YQ==", "YQ", "Y Q = =", "Y", "YQ=", "Y===", "-_", "YWJj\n"]) {
  add("encoding", `btoa(${JSON.stringify(text)})`);
  add("encoding", `atob(${JSON.stringify(text)})`);
}
const file = join(dirname(fileURLToPath(import.meta.url)), "../..", process.argv[2] ?? "tests/vectors/web.json");
const source = `measured by scripts/web with Node ${process.version}`;
writeFileSync(file, JSON.stringify({ source, vectors }) + "\n");
