// `WeakRef` and `FinalizationRegistry` that never tell what the garbage collector did: a strong reference, and a
// registry that calls nobody (`npm-packages/udf-runtime/src/setup.ts`).

// As there: null passes for an object, and any symbol for a fresh one.
function canBeHeld(value) {
  return typeof value === "object" || typeof value === "function" || typeof value === "symbol";
}

function require(value, what) {
  if (!canBeHeld(value)) throw new TypeError(`${what} must be an object`);
}

export class WeakRef {
  #target;
  constructor(target) {
    require(target, "target");
    this.#target = target;
  }
  deref() {
    return this.#target;
  }
  get [Symbol.toStringTag]() {
    return "WeakRef";
  }
}

export class FinalizationRegistry {
  constructor(callback) {
    if (typeof callback !== "function") throw new TypeError("cleanup must be callable");
  }
  register(target, heldValue, unregisterToken) {
    require(target, "target");
    if (target === heldValue) throw new TypeError("target and holdings must not be same");
    if (unregisterToken !== undefined) require(unregisterToken, "unregisterToken");
  }
  unregister(unregisterToken) {
    require(unregisterToken, "unregisterToken");
  }
  get [Symbol.toStringTag]() {
    return "FinalizationRegistry";
  }
}
