// `process` has only `env`, a Proxy with only a `get` trap, as in `npm-packages/udf-runtime/src/setup.ts`:
// `in` and `Object.keys` see nothing, and what is written cannot be read back.
import { execution, isConfig, onEnter } from "./execution.js";

// Which variables were read, for whoever keeps what was made of them.
let read = new Set();

onEnter(() => {
  read = new Set();
});

export function variablesRead() {
  return [...read];
}

// The rules of `crates/common/src/types/environment_variables.rs`.
const name = /^[A-Za-z_]+[A-Za-z0-9_]*$/;
const longest = 256;

globalThis.process = {
  env: new Proxy({}, {
    get(_target, key) {
      if (typeof key !== "string") return undefined;
      if (execution.kind === "schema") {
        throw new Error("Environment variables unsupported when evaluating schema");
      }
      if (execution.kind === "component definition") {
        throw new Error(
          "Environment variables are only supported in the app's convex.config.ts. Learn more at " +
            "https://docs.convex.dev/components/authoring#environment-variables",
        );
      }
      const value = Object.hasOwn(execution.env, key) ? execution.env[key] : undefined;
      if (isConfig()) read.add(key);
      if (value !== undefined) return value;
      if (key === "inspect") return () => "[process.env]";
      if (key.length > longest && name.test(key)) {
        throw new Error(
          `The environment variable name ${key} is too long. Environment variable names must be less than ${longest}.`,
        );
      }
      if (!name.test(key)) {
        throw new Error(
          `The environment variable name ${key} is invalid. Environment variable names must begin with a letter ` +
            "and may only include characters a-z, A-Z, 0-9, and underscores.",
        );
      }
      if (execution.kind === "auth config") {
        throw new Error(`Environment variable ${key} is used in auth config file but its value was not set`);
      }
      return undefined;
    },
  }),
};
