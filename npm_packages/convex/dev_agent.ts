import { Agent } from "@convex-dev/agent";
import { createOpenAI } from "@ai-sdk/openai";
import { components } from "./_generated/api";
import { check } from "./check";

const agent = new Agent((components as any).agent, { name: "Helper", languageModel: createOpenAI({ apiKey: "sk" }).chat("gpt-4o-mini") });
export const run = check(async (ctx) => {
  const { thread, threadId } = await agent.createThread(ctx, { title: "A thread" });
  const { text } = await thread.generateText({ prompt: "Say hello" });
  const messages = await agent.listMessages(ctx, { threadId, paginationOpts: { cursor: null, numItems: 10 } });
  return [text, messages.page.map((message) => message.message?.role)];
});
