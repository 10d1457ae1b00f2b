// `process` has only `env`, a Proxy with only a `get` trap, as in `npm-packages/udf-runtime/src/setup.ts`:
// `in` and `Object.keys` see nothing, and what is written cannot be read back.
import { execution } from "./execution.js";

const name = /^[A-Za-z][A-Za-z0-9_]*$/;

globalThis.process = {
  env: new Proxy({}, {
    get(_target, key) {
      if (typeof key !== "string") return undefined;
      if (execution.kind === "schema") {
        throw new Error("Environment variables unsupported when evaluating schema");
      }
      const value = Object.hasOwn(execution.env, key) ? execution.env[key] : undefined;
      if (value !== undefined) return value;
      if (key === "inspect") return () => "[process.env]";
      if (!name.test(key)) {
        throw new Error(
          `The environment variable name ${key} is invalid. Environment variable names must begin with a letter ` +
            "and may only include characters a-z, A-Z, 0-9, and underscores.",
        );
      }
      return undefined;
    },
  }),
};
