import { v } from "convex/values";
import type { Doc } from "./types";
export { helper } from "./other";
export * from "./all";

/** Comments, blank lines and types are not executable. */
interface Shape {
  area(): number;
}
type Pair = [number, number];
declare const ambient: number;
export type { Doc };

let later: number;
let now = 1; //=
const multi = [ //=
  now,
  now + 1,
];
const a = 1, b = 2; //=

function overloaded(x: string): string;
function overloaded(x: number): string;
function overloaded(x: unknown): string {
  "use strict";
  later = 1; //=
  return String(x); //=
}

enum Color { //=
  Red,
  Green = 2,
}
export const enum Fast { //=
  One,
}
namespace Space {
  export const inner = 1; //=
}
{
  const block = 1; //=
  block; //=
}
;
label: now = 2; //=
throw new Error(); //=
debugger; //=
export default { a, b, v, Color, Space, overloaded, multi, later, ambient }; //=
