import { defineConfig } from "vitest/config";

// As convex-test's documentation sets it up.
export default defineConfig({
  test: {
    environment: "edge-runtime",
    server: { deps: { inline: ["convex-test"] } },
  },
});
