// `vi`: mocks are those of `@vitest/spy`; stubs and timers are ours.
import { clearAllMocks, fn, isMockFunction, resetAllMocks, restoreAllMocks, spyOn } from "@vitest/spy";
import { settings } from "./settings.js";
import { start, timers } from "./clock.js";

const missing = Symbol("missing");
const stubbedGlobals = new Map();
const stubbedVariables = new Map();

function refuse(name, remedy) {
  return () => {
    throw new Error(`not supported: vi.${name} in pytest${remedy === undefined ? "" : `; ${remedy}`}`);
  };
}

async function waitFor(callback, options = {}) {
  const { interval = 50, timeout = 1000 } = typeof options === "number" ? { timeout: options } : options;
  let error;
  for (let passed = 0; passed <= timeout; passed += interval) {
    try {
      return await callback();
    } catch (thrown) {
      error = thrown;
    }
    if (timers.isFakeTimers()) timers.advanceTimersByTime(interval);
    else await new Promise((resolve) => start(resolve, interval, [], false));
  }
  throw error ?? new Error("Timed out in waitFor!");
}

async function waitUntil(callback, options) {
  return await waitFor(async () => {
    const value = await callback();
    if (!value) throw new Error("Timed out in waitUntil!");
    return value;
  }, options);
}

const modules = "the modules of a test file are bundled before it runs, so that none can be exchanged. " +
  "Hand in what is to be exchanged, stub `fetch`, or spy on an object";

const known = {
  fn,
  spyOn,
  isMockFunction,
  mocked: (value) => value,
  mockObject: refuse("mockObject"),
  stubGlobal(name, value) {
    if (!stubbedGlobals.has(name)) {
      stubbedGlobals.set(name, Object.getOwnPropertyDescriptor(globalThis, name) ?? missing);
    }
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: true });
    return vi;
  },
  unstubAllGlobals() {
    for (const [name, before] of stubbedGlobals) {
      if (before === missing) Reflect.deleteProperty(globalThis, name);
      else Object.defineProperty(globalThis, name, before);
    }
    stubbedGlobals.clear();
    return vi;
  },
  stubEnv(name, value) {
    const { env } = process;
    if (!stubbedVariables.has(name)) stubbedVariables.set(name, name in env ? env[name] : missing);
    if (value === undefined) delete env[name];
    else env[name] = String(value);
    return vi;
  },
  unstubAllEnvs() {
    for (const [name, before] of stubbedVariables) {
      if (before === missing) delete process.env[name];
      else process.env[name] = before;
    }
    stubbedVariables.clear();
    return vi;
  },
  hoisted: (factory) => factory(),
  waitFor,
  waitUntil,
  dynamicImportSettled: async () => {},
  setConfig(changes) {
    for (const name of Object.keys(changes)) {
      if (!(name in settings) && name !== "hookTimeout") throw new Error(`not supported: vi.setConfig({ ${name} })`);
    }
    Object.assign(settings, changes);
  },
  resetConfig: () => settings.reset(),
  mock: refuse("mock", modules),
  doMock: refuse("doMock", modules),
  unmock: refuse("unmock", modules),
  doUnmock: refuse("doUnmock", modules),
  importActual: refuse("importActual", modules),
  importMock: refuse("importMock", modules),
  resetModules: refuse("resetModules", modules),
};

// These give back `vi`, to be chained.
for (const [name, action] of Object.entries({ clearAllMocks, resetAllMocks, restoreAllMocks })) {
  known[name] = () => {
    action();
    return vi;
  };
}
for (const [name, action] of Object.entries(timers)) {
  known[name] = (...args) => {
    const result = action(...args);
    return result === undefined ? vi : result;
  };
}

export const vi = new Proxy(known, {
  get(target, name) {
    if (name in target || typeof name === "symbol" || name === "then" || name === "toJSON") return target[name];
    throw new Error(`not supported: vi.${name} in pytest`);
  },
});
