// `test.extend`: what a test takes from its context by name is made before it and cleaned up after it. Which fixtures
// a function wants is read off its first parameter, as in Vitest.

// On a function that stands in for another one: that one, and which of its parameters is the context.
export const FIXTURES = Symbol("fixtures");

const known = new Set(["auto", "scope", "injected"]);

export function mergeFixtures(inherited, given) {
  const merged = { ...inherited };
  const [first, second, third] = given;
  if (typeof first === "string") {
    const [options, value] = given.length === 3 || isOptions(second) ? [second, third] : [{}, second];
    merged[first] = fixture(first, value, options ?? {}, inherited[first], true);
    return merged;
  }
  for (const [name, entry] of Object.entries(first)) {
    const tuple = Array.isArray(entry) && entry.length === 2 && isOptions(entry[1]);
    merged[name] = fixture(name, tuple ? entry[0] : entry, tuple ? entry[1] : {}, inherited[name], false);
  }
  return merged;
}

const isOptions = (value) => typeof value === "object" && value !== null && Object.keys(value).some((key) => known.has(key));

function fixture(name, value, options, base, returns) {
  for (const key of Object.keys(options)) {
    if (!known.has(key)) throw new Error(`not supported: the option \`${key}\` of the fixture ${name} in pytest`);
  }
  const wanted = typeof value === "function" ? wantedBy(value, 0) : [];
  return { name, value, wanted, base, returns, auto: options.auto === true, scope: options.scope ?? "test" };
}

// The names in `({ a, b: c, ...rest }) =>`.
export function wantedBy(callable, position) {
  if (callable[FIXTURES]) return wantedBy(...callable[FIXTURES]);
  const parameter = parameters(Function.prototype.toString.call(callable))[position];
  if (parameter === undefined || !parameter.startsWith("{")) return [];
  const inside = parameter.slice(1, parameter.lastIndexOf("}"));
  return split(inside)
    .filter((part) => part !== "")
    .map((part) => {
      if (part.startsWith("...")) throw new Error(`Rest parameters are not supported in fixtures: "${part}".`);
      return /^[\w$]+/.exec(part)?.[0] ?? part;
    });
}

function parameters(source) {
  const arrow = /^(?:async\s+)?([\w$]+)\s*=>/.exec(source);
  if (arrow) return [arrow[1]];
  const open = source.indexOf("(");
  let depth = 0;
  for (let at = open; at < source.length; at++) {
    if ("([{".includes(source[at])) depth++;
    else if (")]}".includes(source[at]) && --depth === 0) return split(source.slice(open + 1, at));
  }
  return [];
}

function split(source) {
  const parts = [""];
  let depth = 0;
  for (const character of source.replace(/\/\*[^]*?\*\/|\/\/.*/g, "")) {
    if ("([{".includes(character)) depth++;
    else if (")]}".includes(character)) depth--;
    if (character === "," && depth === 0) parts.push("");
    else parts[parts.length - 1] += character;
  }
  return parts.map((part) => part.trim());
}

const shared = new Map();
const sharedCleanups = [];

// Makes the fixtures that a function wants, into the context; `cleanups` is extended by what undoes them.
export async function provide(fixtures, names, context, cleanups) {
  for (const name of names) {
    if (name in fixtures && !Object.hasOwn(context, name)) await make(fixtures[name], fixtures, context, cleanups);
  }
}

export const automatic = (fixtures) => Object.keys(fixtures).filter((name) => fixtures[name].auto);

async function make(entry, fixtures, context, cleanups) {
  const wide = entry.scope !== "test";
  if (wide && shared.has(entry)) {
    context[entry.name] = shared.get(entry);
    return;
  }
  const own = Object.create(context);
  for (const name of entry.wanted) {
    if (name === entry.name) {
      if (entry.base === undefined) throw new Error(`The fixture ${name} wants itself.`);
      const inner = {};
      await make(entry.base, fixtures, Object.assign(Object.create(context), inner), cleanups);
      own[name] = context[name];
    } else {
      await provide(fixtures, [name], context, cleanups);
    }
  }
  const value = await valueOf(entry, own, wide ? sharedCleanups : cleanups);
  if (wide) shared.set(entry, value);
  context[entry.name] = value;
}

async function valueOf({ value, returns, name }, context, cleanups) {
  if (typeof value !== "function") return value;
  if (returns) return await value(context, { onCleanup: (cleanup) => void cleanups.push(cleanup) });
  return await new Promise((resolve, reject) => {
    let used = false;
    const done = Promise.resolve(
      value(context, async (made) => {
        used = true;
        await new Promise((release) => {
          cleanups.push(async () => {
            release();
            await done;
          });
          resolve(made);
        });
      }),
    );
    done.then(() => used || reject(new Error(`The fixture ${name} did not call \`use\`.`)), reject);
  });
}

export async function cleanShared() {
  while (sharedCleanups.length > 0) await sharedCleanups.pop()();
  shared.clear();
}
