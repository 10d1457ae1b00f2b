// Several executions in one context, each with its turn: a test file and the functions that it calls share their modules,
// as they do in Vitest. An execution goes on only when the host answers it, so whatever runs then is its own.
import { keepers } from "./execution.js";

const parked = new Map();
let current = "";

export function takeTurn(id) {
  if (id === current) return;
  parked.set(current, new Map(keepers.map((keeper) => [keeper, keeper.save()])));
  const saved = parked.get(id);
  parked.delete(id);
  current = id;
  for (const keeper of keepers) {
    if (saved?.has(keeper)) keeper.restore(saved.get(keeper));
    else keeper.fresh();
  }
}

export function endTurn(id) {
  parked.delete(id);
}
