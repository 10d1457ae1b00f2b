import { createOpenAI } from "@ai-sdk/openai";
import { embed } from "ai";
import { check } from "./check";

export const run = check(async () => {
  const openai = createOpenAI({ apiKey: "sk-test" });
  const { embedding } = await embed({ model: openai.embedding("text-embedding-3-small"), value: "text" });
  return embedding;
});
