import { generateObject, generateText, streamText, tool } from "ai";
import { createOpenAI } from "@ai-sdk/openai";
import { z } from "zod";
import { check } from "./check";

const openai = createOpenAI({ apiKey: "sk-test" });
export const run = check(async () => {
  const { text, usage } = await generateText({ model: openai.chat("gpt-4o-mini"), prompt: "Say hello" });
  const stream = streamText({ model: openai.chat("gpt-4o-mini"), prompt: "Stream" });
  const pieces: string[] = [];
  for await (const piece of stream.textStream) pieces.push(piece);
  const { object } = await generateObject({ model: openai.chat("gpt-4o-mini"), schema: z.object({ city: z.string() }), prompt: "Object" });
  const called = await generateText({
    model: openai.chat("gpt-4o-mini"), prompt: "Tool",
    tools: { weather: tool({ inputSchema: z.object({ city: z.string() }), execute: async ({ city }) => `sunny in ${city}` }) },
  });
  return [text, usage.totalTokens, pieces, object, called.toolResults.map((result) => result.output)];
});
