"use node";
import twilio from "twilio";
import { check } from "./check";

const { AccessToken } = twilio.jwt;
const url = "https://example.com/hook";
const params = { From: "+15550100", Body: "Hi" };
export const run = check(async () => {
  const signature = twilio.getExpectedTwilioSignature("secret", url, params);
  const token = new AccessToken("AC1", "SK1", "secret", { identity: "ann" });
  token.addGrant(new AccessToken.ChatGrant({ serviceSid: "IS1" }));
  const claims = JSON.parse(Buffer.from(token.toJwt().split(".")[1], "base64url").toString());
  const voice = new twilio.twiml.VoiceResponse();
  voice.say("Hello");
  return [
    twilio.validateRequest("secret", signature, url, params), twilio.validateRequest("other", signature, url, params),
    claims.grants.identity, voice.toString(),
  ];
});
