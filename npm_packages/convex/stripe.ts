import Stripe from "stripe";
import { check } from "./check";

export const run = check(async () => {
  const stripe = new Stripe("sk_test_123", { maxNetworkRetries: 0 });
  const payload = JSON.stringify({ id: "evt_1", object: "event", type: "checkout.session.completed" });
  const provider = Stripe.createSubtleCryptoProvider();
  const header = await stripe.webhooks.generateTestHeaderStringAsync({ payload, secret: "whsec_test", cryptoProvider: provider });
  const event = await stripe.webhooks.constructEventAsync(payload, header, "whsec_test", undefined, provider);
  const wrong = await stripe.webhooks.constructEventAsync(payload, header, "whsec_other", undefined, provider).catch((error) => error.type);
  const customer = await stripe.customers.create({ email: "ann@example.com", metadata: { a: "b" } });
  const list: string[] = [];
  for await (const item of stripe.customers.list({ limit: 1 })) list.push(item.id);
  return [event.type, wrong, customer.id, list];
});
