// `Temporal`, which the V8 of Convex's runtime has (`v8` 149 in the backend's `Cargo.lock`), by `temporal-polyfill`, with
// the calendars "iso8601" and "gregory". A `Temporal` object is formatted by its own `toLocaleString`.
export { Temporal } from "temporal-polyfill";
