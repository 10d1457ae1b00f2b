"use node";

// Runs in Node.js, for its `zlib` and `crypto`.
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { v } from "convex/values";
import { api } from "./_generated/api";
import type { Id } from "./_generated/dataModel";
import { action } from "./_generated/server";

/** Stores the transcript of a channel as a compressed file. */
export const archive = action({
  args: { channelId: v.id("channels") },
  returns: v.object({ fileId: v.id("_storage"), checksum: v.string() }),
  handler: async (
    ctx,
    { channelId },
  ): Promise<{ fileId: Id<"_storage">; checksum: string }> => {
    const { text }: { text: string } = await ctx.runAction(
      api.messages.exportTranscript,
      { channelId },
    );
    const file = new Blob([gzipSync(text)], { type: "application/gzip" });
    return {
      fileId: await ctx.storage.store(file),
      checksum: createHash("sha256").update(text).digest("hex"),
    };
  },
});
