import type { AuthConfig } from "convex/server";

export default {
  providers: [
    // People sign in with OpenID Connect.
    { domain: "https://login.example.com", applicationID: "team-chat" },
    // Bots have tokens of their own; the public key to check them with is here.
    {
      type: "customJwt",
      issuer: "https://bots.example.com",
      applicationID: "team-chat",
      algorithm: "ES256",
      jwks: `data:application/json,${encodeURIComponent(
        JSON.stringify({
          keys: [
            {
              kty: "EC",
              crv: "P-256",
              x: "iICBtwaHbw_sYm7dwuG2m9Ga26BfRqQfMYqDUurxoA4",
              y: "hVVW42ofCNBZlv3MzEfPo15D1QoScMjNcwe8h_-HiQA",
              use: "sig",
              alg: "ES256",
              kid: "bots-1",
            },
          ],
        }),
      )}`,
    },
  ],
} satisfies AuthConfig;
