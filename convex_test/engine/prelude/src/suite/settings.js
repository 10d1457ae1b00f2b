// What `vi.setConfig` may change.
const defaults = {
  testTimeout: 5_000,
  clearMocks: false,
  mockReset: false,
  restoreMocks: false,
  unstubEnvs: false,
  unstubGlobals: false,
};
let configured = {};

export const settings = { ...defaults };

export function configure(values) {
  configured = values;
  Object.assign(settings, values);
}

Object.defineProperty(settings, "reset", { value: () => Object.assign(settings, defaults, configured), enumerable: false });
