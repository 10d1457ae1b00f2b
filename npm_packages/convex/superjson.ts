import superjson from "superjson";
import { check } from "./check";

export const run = check(async () => {
  const value = { at: new Date(0), set: new Set([1]), map: new Map([["a", 1n]]), url: new URL("https://example.com/"), none: undefined, re: /x/g };
  const text = superjson.stringify(value);
  const back = superjson.parse<typeof value>(text);
  return [back.at.getTime(), [...back.set], back.map.get("a") === 1n, back.url.host, "none" in back, back.re.flags];
});
