import type { Value } from "convex/values";

/** The data of errors that clients are meant to see: `code` for programs, `message` for people. */
export type Failure = {
  code: "unauthenticated" | "forbidden" | "not_found" | "conflict" | "invalid";
  message: string;
  [detail: string]: Value;
};
