import { Webhook } from "svix";
import { check } from "./check";

export const run = check(async () => {
  const webhook = new Webhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  const payload = JSON.stringify({ type: "user.created" });
  const now = new Date();
  const signature = webhook.sign("msg_1", now, payload);
  const headers = { "svix-id": "msg_1", "svix-timestamp": String(Math.floor(now.getTime() / 1000)), "svix-signature": signature };
  let wrong = "";
  try { webhook.verify(payload + " ", headers); } catch (error: any) { wrong = error.message; }
  return [webhook.verify(payload, headers), wrong];
});
