// `query.collect()` in one message. npm's own reads a row, awaits, decodes, and so on for each document; here the host
// sends all that is left of the stream. The host does so only when nothing else is waiting in this function, so no
// other code could have run between the rows, and the result is the same.
import { closeStream, collectStream, openStream } from "./convex.js";
import { watch } from "./rejections.js";

export function patchQueries(library) {
  const prototype = queryPrototype(library);
  if (prototype === null) return;
  const original = prototype.collect;
  prototype.collect = function collect() {
    return watch(collectAll.call(this));
  };
  for (const name of ["take", "first", "unique", "paginate"]) {
    const reading = prototype[name];
    prototype[name] = {
      [name](...args) {
        return watch(reading.apply(this, args));
      },
    }[name];
  }
  async function collectAll() {
    if (this.state?.type !== "preparing" || this.state.query === undefined) return original.call(this);
    const queryId = openStream(JSON.stringify({ query: this.state.query }));
    this.state = { type: "executing", queryId };
    let collected;
    try {
      collected = await collectStream(queryId);
    } catch (error) {
      throw error.data === undefined ? new Error(error.message) : error;
    }
    closeStream(queryId);
    this.state = { type: "consumed" };
    const documents = JSON.parse(collected.json);
    return collected.plain ? documents : documents.map(library.jsonToConvex);
  }
}

// The class is not exported: a handler of our own is handed a genuine `ctx.db`. Its promise is of no interest.
function queryPrototype(library) {
  let query = null;
  const probe = library.queryGeneric((ctx) => {
    query = ctx.db.query("probe").fullTableScan();
    return null;
  });
  probe.invokeQuery("[{}]");
  const prototype = query && Object.getPrototypeOf(query);
  const expected = ["collect", "take", "first", "unique", "paginate", "next", "return", Symbol.asyncIterator];
  return prototype && expected.every((name) => typeof prototype[name] === "function") ? prototype : null;
}
