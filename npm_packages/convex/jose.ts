import * as jose from "jose";
import { check } from "./check";

export const run = check(async () => {
  const secret = new TextEncoder().encode("0123456789abcdef0123456789abcdef");
  const token = await new jose.SignJWT({ role: "admin" }).setProtectedHeader({ alg: "HS256" }).setIssuedAt().setExpirationTime("2h").sign(secret);
  const verified = await jose.jwtVerify(token, secret);
  const { publicKey, privateKey } = await jose.generateKeyPair("RS256", { extractable: true });
  const signed = await new jose.SignJWT({ sub: "ann" }).setProtectedHeader({ alg: "RS256" }).sign(privateKey);
  const jwk = await jose.exportJWK(publicKey);
  const set = jose.createLocalJWKSet({ keys: [{ ...jwk, alg: "RS256" }] });
  const checked = await jose.jwtVerify(signed, set);
  const pair = await jose.generateKeyPair("ES256", { extractable: true });
  const pem = await jose.exportPKCS8(pair.privateKey);
  const encrypted = await new jose.CompactEncrypt(new TextEncoder().encode("hidden")).setProtectedHeader({ alg: "dir", enc: "A256GCM" }).encrypt(secret);
  const { plaintext } = await jose.compactDecrypt(encrypted, secret);
  const wrong = await jose.jwtVerify(token.slice(0, -3) + "AAA", secret).catch((error) => error.code);
  return [verified.payload.role, checked.payload.sub, pem.split("\n")[0], new TextDecoder().decode(plaintext), wrong];
});
