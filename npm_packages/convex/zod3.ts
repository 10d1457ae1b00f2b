import { z } from "zod3";
import { check } from "./check";

const user = z.object({ name: z.string().min(1), email: z.string().email(), age: z.coerce.number().int() }).strict();
export const run = check(async () => {
  const parsed = user.parse({ name: "Ann", email: "ann@example.com", age: "7" });
  const failed = user.safeParse({ name: "", email: "x", age: 1 });
  return [parsed, failed.error?.issues.map((issue) => issue.message)];
});
