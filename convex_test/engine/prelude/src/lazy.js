// Globals that most functions never touch: their source stays a string until first used.

const sources = new Map();
const loaded = new Map();
const loading = new Set();

export function addLazySource(name, source) {
  sources.set(name, source);
}

export function load(name) {
  if (!loaded.has(name)) {
    if (!sources.has(name)) throw new Error(`the prelude has no part named ${name}`);
    loading.add(name);
    loaded.set(name, (0, eval)(sources.get(name)));
    loading.delete(name);
  }
  return loaded.get(name);
}

export const lazyGlobals = {
  URL: "url",
  URLSearchParams: "url",
  structuredClone: "structured_clone",
  Event: "events",
  EventTarget: "events",
  AbortController: "events",
  AbortSignal: "events",
  ReadableStream: "streams",
  ReadableStreamBYOBReader: "streams",
  ReadableStreamDefaultReader: "streams",
  TransformStream: "streams",
  WritableStream: "streams",
  WritableStreamDefaultWriter: "streams",
};

for (const [name, part] of Object.entries(lazyGlobals)) {
  const define = (value) =>
    Object.defineProperty(globalThis, name, { value, writable: true, enumerable: false, configurable: true });
  Object.defineProperty(globalThis, name, {
    get() {
      // A polyfill looks whether the thing is there already.
      if (loading.has(part)) return undefined;
      const value = load(part)[name];
      define(value);
      return value;
    },
    set: define,
    enumerable: false,
    configurable: true,
  });
}
