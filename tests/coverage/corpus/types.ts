// Syntax of types alone, some of it newer than the grammar.
export type * from "./branches";
export type { Loop } from "./loops";
import type { Statement } from "./statements";

export interface Producer<out T> {
  make(): T;
}

export interface Both<in out T extends Statement, in U = string> {
  change(value: T, other: U): T;
}

export type Consumer<in T> = (value: T) => void;

export const smaller = (a: number, inner: number) => a < inner; //= pass by, function called

export function isIn(key: string, object: object): boolean {
  return key in object && 1 < Object.keys(object).length; //= && left, && right
}
