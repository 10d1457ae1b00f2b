// Globals that most functions never touch: their source stays a string until first used.

const sources = new Map();
const loaded = new Map();
const loading = new Set();
let core = null;

export function addLazySource(name, source) {
  sources.set(name, source);
}

// The core's modules, by name, that lazy parts import from.
export function shareCore(modules) {
  core = modules;
}

// Of a type whose part was never loaded there are no instances.
export function isInstance(value, part, name) {
  return loaded.has(part) && value instanceof loaded.get(part)[name];
}

let whenLoaded = () => {};

export function onLoad(listener) {
  whenLoaded = listener;
}

export function load(name) {
  if (!loaded.has(name)) {
    if (!sources.has(name)) throw new Error(`the prelude has no part named ${name}`);
    loading.add(name);
    const before = new Set(Reflect.ownKeys(globalThis));
    loaded.set(name, withoutDrawing(() => (0, eval)(sources.get(name))(core)));
    loading.delete(name);
    whenLoaded(loaded.get(name), Reflect.ownKeys(globalThis).filter((key) => !before.has(key)));
  }
  return loaded.get(name);
}

// Packages draw a number to tell their copies apart. It must not be one of the function's, nor is it forbidden anywhere.
function withoutDrawing(evaluate) {
  const { random } = Math;
  Math.random = () => 0.5;
  try {
    return evaluate();
  } finally {
    Math.random = random;
  }
}

const parts = {
  url: ["URL", "URLSearchParams"],
  structured_clone: ["structuredClone"],
  dom_exception: ["DOMException"],
  weak_references: ["WeakRef", "FinalizationRegistry"],
  events: ["Event", "EventTarget", "AbortController", "AbortSignal"],
  streams: [
    "ReadableStream", "ReadableStreamBYOBReader", "ReadableStreamDefaultReader", "TransformStream", "WritableStream",
    "WritableStreamDefaultWriter",
  ],
  text_encoding: ["TextEncoder", "TextDecoder"],
  text_streams: ["TextEncoderStream", "TextDecoderStream"],
  fetch: ["Blob", "File", "FormData", "Headers", "Request", "Response", "fetch"],
  performance: ["performance", "Performance", "PerformanceEntry", "PerformanceMark", "PerformanceMeasure"],
  subtle_crypto: ["CryptoKey", "SubtleCrypto"],
  temporal: ["Temporal"],
  async_context: ["AsyncLocalStorage", "AsyncResource"],
};

const descriptors = new Map();

// Makes properties of `owner` that load their part when they are first read.
export function lazily(owner, parts) {
  const own = {};
  for (const [part, names] of Object.entries(parts)) {
    for (const name of names) {
      const get = () => {
        // A polyfill looks whether the thing is there already.
        if (loading.has(part)) return undefined;
        const value = load(part)[name];
        define(owner, name, value);
        return value;
      };
      const set = (value) => define(owner, name, value);
      own[name] = { get, set, enumerable: false, configurable: true, part };
    }
  }
  Object.defineProperties(owner, own);
  descriptors.set(owner, own);
}
lazily(globalThis, parts);

function define(owner, name, value) {
  Object.defineProperty(owner, name, { value, writable: true, enumerable: false, configurable: true });
}

// Whether nobody has put something else in the place of a lazy property; undefined when there is none of the name.
export function isGenuine(owner, name, { get, value }) {
  const own = descriptors.get(owner);
  if (own === undefined || !Object.hasOwn(own, name)) return undefined;
  const { part } = own[name];
  return get === undefined ? loaded.has(part) && loaded.get(part)[name] === value : get === own[name].get;
}
