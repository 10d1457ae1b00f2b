import { Hono } from "hono";
import { cors } from "hono/cors";
import { check } from "./check";

const app = new Hono();
app.use("*", cors());
app.get("/hello/:name", (c) => c.json({ hello: c.req.param("name"), q: c.req.query("q") }));
app.post("/form", async (c) => c.text(String((await c.req.formData()).get("a"))));
app.onError((error, c) => c.text(error.message, 500));
app.get("/fails", () => { throw new Error("broken"); });
export const run = check(async () => {
  const hello = await app.request("http://localhost/hello/Ann?q=1");
  const form = new FormData();
  form.set("a", "b");
  const posted = await app.request("http://localhost/form", { method: "POST", body: form });
  const fails = await app.request("http://localhost/fails");
  return [await hello.json(), hello.headers.get("access-control-allow-origin"), await posted.text(), fails.status, await fails.text()];
});
