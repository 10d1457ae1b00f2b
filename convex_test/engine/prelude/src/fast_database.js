// `ctx.db.get`, `insert`, `patch`, `replace` and `delete` with one JSON text and one await. npm's own go through three
// async functions and copy each value field by field. Whatever is not perfectly ordinary (other arguments, values with
// special numbers, bigints, bytes, odd field names …) is left to the original, which then also makes the error.
import { isOutOfMemory } from "./exhaustion.js";
import { ask } from "./mailbox.js";
import { mark, suspect, watch, watchMethods } from "./rejections.js";

const fieldName = /^[\x20-\x23\x25-\x7e][\x20-\x7e]{0,1023}$/;
const knownNames = new Set();

function isFieldName(name) {
  if (knownNames.has(name)) return true;
  if (!fieldName.test(name)) return false;
  if (knownNames.size < 4096) knownNames.add(name);
  return true;
}

// Whether JSON.stringify writes the value just as `convexToJson` would.
function isPlain(value) {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return Number.isFinite(value) && (value !== 0 || !Object.is(value, -0));
    case "object":
      if (value === null) return true;
      return Array.isArray(value) ? value.every(isPlain) && !value.includes(undefined) : isPlainObject(value);
    default:
      return false;
  }
}

function isPlainObject(value) {
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  for (const name of Object.keys(value)) {
    const field = value[name];
    if (field !== undefined && (!isFieldName(name) || !isPlain(field))) return false;
  }
  return true;
}

// A patch keeps `undefined`: it removes the field.
function isPlainPatch(value) {
  return isDocument(value) && !Object.values(value).includes(undefined);
}

function isDocument(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value) && isPlainObject(value);
}

function withTable(table, body) {
  return table === undefined ? `{${body}}` : `{"table":${JSON.stringify(table)},${body}}`;
}

const idPart = (id) => `"id":${JSON.stringify(id)}`;
const areTexts = (table, id) => typeof id === "string" && (table === undefined || typeof table === "string");

export function makeFastDatabase(library) {
  // What npm's `performAsyncSyscall` throws.
  function rethrown(error) {
    if (error.data === undefined) return new Error(error.message);
    const made = new library.ConvexError(error.message);
    made.data = library.jsonToConvex(error.data);
    return made;
  }

  function perform(op, json, read) {
    const record = { handled: false };
    const refuse = (error) => {
      const made = isOutOfMemory(error) ? error : rethrown(error);
      suspect(record, made);
      return made;
    };
    return mark(ask(op, json, read, refuse), record);
  }

  const nothing = () => undefined;
  const readId = (text) => text.slice(8, -2); // {"_id":"…"}
  const readDocument = (text) => (text.includes('"$') ? library.jsonToConvex(JSON.parse(text)) : JSON.parse(text));

  function get(original) {
    return function get(first, second) {
      const [table, id] = second !== undefined ? [first, second] : [undefined, first];
      if (!areTexts(table, id)) return watch(original(first, second));
      return perform("1.0/get", withTable(table, `${idPart(id)},"isSystem":false`), readDocument);
    };
  }

  function insert(original) {
    return function insert(table, value) {
      if (typeof table !== "string" || table[0] === "_" || !isDocument(value)) return watch(original(table, value));
      return perform("1.0/insert", withTable(table, `"value":${JSON.stringify(value)}`), readId);
    };
  }

  function change(original, name, op, isOrdinary) {
    return {
      [name](first, second, third) {
        const [table, id, value] = third !== undefined ? [first, second, third] : [undefined, first, second];
        if (!areTexts(table, id) || !isOrdinary(value)) return watch(original(first, second, third));
        return perform(op, withTable(table, `${idPart(id)},"value":${JSON.stringify(value)}`), nothing);
      },
    }[name];
  }

  function remove(original) {
    return {
      delete(first, second) {
        const [table, id] = second !== undefined ? [first, second] : [undefined, first];
        if (!areTexts(table, id)) return watch(original(first, second));
        return perform("1.0/remove", withTable(table, idPart(id)), nothing);
      },
    }.delete;
  }

  return function speedUp(database) {
    database.get = get(database.get);
    watchMethods(database.system, ["get"]);
    if (database.insert === undefined) return;
    database.insert = insert(database.insert);
    database.patch = change(database.patch, "patch", "1.0/shallowMerge", isPlainPatch);
    database.replace = change(database.replace, "replace", "1.0/replace", isDocument);
    database.delete = remove(database.delete);
  };
}
