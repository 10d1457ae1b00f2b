import { z } from "zod";
import { check } from "./check";

const user = z.object({ name: z.string().min(1), email: z.email(), tags: z.array(z.enum(["a", "b"])), at: z.iso.datetime() });
export const run = check(async () => {
  const parsed = await user.parseAsync({ name: "Ann", email: "ann@example.com", tags: ["a"], at: "2024-02-29T00:00:00Z" });
  const failed = user.safeParse({ name: "", email: "x", tags: ["c"], at: "" });
  return [parsed, failed.error?.issues.map((issue) => issue.message), z.toJSONSchema(user).required];
});
