// The rows of `test.each` and their names: printf's letters, `$name` of an object, and tables as template literals.
import { format } from "@vitest/utils/display";

export function rowsOf(cases, values) {
  if (!Array.isArray(cases?.raw)) {
    if (!Array.isArray(cases)) throw new TypeError("test.each() expects an array of cases, or a table");
    return cases;
  }
  const names = cases[0].split("|").map((name) => name.trim()).filter(Boolean);
  const rows = [];
  for (let at = 0; at + names.length <= values.length; at += names.length) {
    rows.push(Object.fromEntries(names.map((name, i) => [name, values[at + i]])));
  }
  return rows;
}

const show = (value) => (typeof value === "string" ? value : typeof value === "object" && value !== null ? format(["%o", value]) : String(value));

function named(name, row) {
  if (typeof row !== "object" || row === null || Array.isArray(row)) return name;
  return name.replace(/\$([$\w.]+)/g, (whole, path) => {
    const value = path.split(".").reduce((found, key) => found?.[key], row);
    return value === undefined && !(path.split(".")[0] in row) ? whole : show(value);
  });
}

export function rowNames(name, rows) {
  return rows.map((row, i) => {
    const values = Array.isArray(row) ? row : [row];
    const numbered = name.replace(/%%/g, "\0").replace(/%#/g, String(i)).replace(/%\$/g, String(i + 1));
    const wanted = (numbered.match(/%[sdifjoOc]/g) ?? []).length;
    const filled = wanted > 0 ? format([numbered, ...values.slice(0, wanted)]) : numbered;
    return named(filled.replaceAll("\0", "%"), Array.isArray(row) ? row[0] : row);
  });
}
