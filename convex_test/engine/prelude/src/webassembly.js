// `WebAssembly` is not there. It can be mentioned, tested for and extended, as modules do while they load. While a module
// loads, what fails can be caught, because packages that have a way without it look so; in a function nothing hides it.
import { execution } from "./execution.js";
import { notSupported } from "./failing.js";

const hidden = { writable: true, enumerable: false, configurable: true };
const members = [
  "Exception", "Global", "Instance", "JSTag", "Memory", "Module", "Table", "Tag", "compile", "instantiate", "validate",
];
const WebAssembly = Object.create(Object.prototype, { [Symbol.toStringTag]: { value: "WebAssembly", configurable: true } });

for (const name of members) {
  const value = {
    [name]: function () {
      if (execution.kind === "import") throw new Error(`not supported: WebAssembly.${name}`);
      notSupported(`WebAssembly.${name}`);
    },
  }[name];
  Object.defineProperty(WebAssembly, name, { ...hidden, value });
}
for (const name of ["CompileError", "LinkError", "RuntimeError"]) {
  const value = { [name]: class extends Error {} }[name];
  Object.defineProperty(value.prototype, "name", { ...hidden, value: name });
  Object.defineProperty(WebAssembly, name, { ...hidden, value });
}
Object.defineProperty(globalThis, "WebAssembly", { ...hidden, value: WebAssembly });
