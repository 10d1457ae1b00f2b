import { ConvexError } from "convex/values";
import slugify from "slugify";
import type { QueryCtx } from "../_generated/server";
import type { Failure } from "./errors";

/** "Größe & Gewicht" becomes "groesse-und-gewicht": what a channel is called in URLs. */
export function slugOf(name: string): string {
  const slug = slugify(name, { lower: true, strict: true, locale: "de" });
  if (slug === "") {
    throw new ConvexError<Failure>({
      code: "invalid",
      message: "A name needs a letter or a digit",
      name,
    });
  }
  return slug;
}

export async function requireFreeSlug(
  ctx: QueryCtx,
  slug: string,
): Promise<void> {
  const taken = await ctx.db
    .query("channels")
    .withIndex("by_slug", (q) => q.eq("slug", slug))
    .first();
  if (taken !== null) {
    throw new ConvexError<Failure>({
      code: "conflict",
      message: `There is a channel "${slug}" already`,
      slug,
    });
  }
}
