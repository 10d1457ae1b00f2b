import { httpRouter } from "convex/server";
import { httpAction } from "./_generated/server";

const http = httpRouter();

http.route({
  path: "/echo",
  method: "POST",
  handler: httpAction(async (_ctx, request) => new Response((await request.text()).toUpperCase(), { status: 201, headers: { "x-seen": "yes" } })),
});

export default http;
