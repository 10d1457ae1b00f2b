// Counters of executed code, for a bundle that was made with them: it asks the function below for an array in which
// it then sets elements to 1. The host takes what was set whenever it has the context back.
const indexOf = Uint8Array.prototype.indexOf;
const fill = Uint8Array.prototype.fill;
const apply = Reflect.apply;
const Counters = Uint8Array;

let hits = null;

// Fresh modules go on with the array that is there: what was counted is not lost.
globalThis[Symbol.for("convex-test.coverage")] = (size) => (hits?.length === size ? hits : (hits = new Counters(size)));

// The numbers of the counters that were set since the last time, such as "3,17,".
export function takeHits() {
  let taken = "";
  if (hits === null) return taken;
  for (let at = apply(indexOf, hits, [1]); at >= 0; at = apply(indexOf, hits, [1, at + 1])) taken += `${at},`;
  apply(fill, hits, [0]);
  return taken;
}
