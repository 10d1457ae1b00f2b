import OpenAI from "openai";
import { check } from "./check";

export const run = check(async () => {
  const client = new OpenAI({ apiKey: "sk-test", maxRetries: 0 });
  const answer = await client.chat.completions.create({ model: "gpt-4o-mini", messages: [{ role: "user", content: "Say hello" }] });
  const stream = await client.chat.completions.create({ model: "gpt-4o-mini", stream: true, messages: [{ role: "user", content: "Stream" }] });
  const pieces: string[] = [];
  for await (const chunk of stream) pieces.push(chunk.choices[0]?.delta?.content ?? "");
  const file = await client.files.create({ file: new File(["{}"], "a.jsonl"), purpose: "batch" });
  const failed = await client.models.retrieve("none").catch((error) => [error.constructor.name, error.status]);
  return [answer.choices[0].message.content, pieces.join(""), file.id, failed];
});
