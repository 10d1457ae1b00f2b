// What the host asks for. Functions have the names of those of the prelude for QuickJS (`../core.js`).
import { flushSoon, pump, write } from "./channel.mjs";
import { thrown } from "./errors.mjs";
import { guests, openGuest } from "./guest.mjs";
import { isInspected } from "./inspect.mjs";
import { Invocation, invocationOf, running } from "./invocation.mjs";
import { analyze, invoke, invokeHelper, timedOut } from "./modules.mjs";
import { native } from "./natives.mjs";
import { isPristine } from "./pristine.mjs";
import { setEnvironment } from "./process.mjs";

const functions = {
  begin(context, json) {
    const settings = JSON.parse(json);
    const before = invocationOf(context);
    settings.env ??= before?.settings.env ?? {};
    if (before) before.ended = true;
    setEnvironment(settings.env);
    new Invocation(context, settings);
  },
  tick(context, now) {
    invocationOf(context).tick(+now);
  },
  analyze: (context, ...args) => analyze(invocationOf(context), ...args),
  invoke: (context, ...args) => invoke(invocationOf(context), ...args),
  invokeHelper: (context, ...args) => invokeHelper(invocationOf(context), ...args),
};

export const commands = {
  call(context, name, ...args) {
    if (guests.has(context)) guests.get(context).call(name, args);
    else functions[name](context, ...args);
  },
  resolve(context, id, text) {
    if (guests.has(context)) guests.get(context).call("resolve", [id, text]);
    else invocationOf(context).answered(+id)?.resolve(text);
  },
  reject(context, id, json) {
    if (guests.has(context)) return guests.get(context).call("reject", [id, json]);
    const { message, data } = JSON.parse(json);
    const error = new Error(message);
    if (data !== undefined) error.data = data;
    invocationOf(context).answered(+id)?.reject(error);
  },
  // `budget` is how long the function may still run, in milliseconds; null for as long as it likes.
  pump(context, budget) {
    const guest = guests.get(context);
    if (guest) {
      pump(context, () => guest.drain());
      return;
    }
    const invocation = invocationOf(context);
    if (budget !== null) {
      invocation.deadline = native.setTimeout(() => timedOut(invocation), budget);
      invocation.deadline.unref();
    }
    const hasNews = () => {
      const { hasNews } = invocation;
      invocation.hasNews = false;
      return hasNews;
    };
    pump(context, hasNews, () => native.clearTimeout(invocation.deadline));
  },
  pristine(context) {
    write(context, `= ${isPristine()}`);
    write(context, ".");
  },
  guest(context, json) {
    openGuest(context, JSON.parse(json));
  },
  close(context) {
    guests.delete(context);
  },
};

// What nobody has caught ends the call, and with it the process (`unhandledRejectionHandler` in `executor.ts`).
function uncaught(event) {
  return (error, promise) => {
    // Realms of the other runtime look after themselves.
    if (event === "unhandledRejection" && !(promise instanceof Promise)) return;
    const invocation = running();
    // Left over from a call that has ended: the next one is to have a process of its own.
    if (invocation === undefined) return isInspected() ? undefined : native.exit(1);
    invocation.settle("!", JSON.stringify({ ...thrown(error, event), exits: true }));
    flushSoon();
  };
}

process.on("unhandledRejection", uncaught("unhandledRejection"));
process.on("uncaughtException", uncaught("uncaughtException"));
