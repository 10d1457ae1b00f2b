// Everything else that would leave the machine: sockets, datagrams and names. Refused, and told to the host, which
// fails the test for it, unless the test lets real requests out.
import dgram from "node:dgram";
import dns from "node:dns";
import { syncBuiltinESMExports } from "node:module";
import net from "node:net";
import { current } from "./invocation.mjs";

function refusal(what) {
  const invocation = current();
  if (invocation?.settings.network) return null;
  invocation?.send("-", `network/refused ${JSON.stringify(what)}`);
  return Object.assign(
    new Error(
      `Nothing leaves the process in a test: ${what} was refused. t.outbound answers fetch and requests of node:http ` +
        "and node:https; let other connections out with @pytest.mark.convex(network=True).",
    ),
    { code: "ECONNREFUSED" },
  );
}

function placeOf(args) {
  const [first, second] = Array.isArray(args[0]) ? args[0] : args;
  if (typeof first === "object" && first !== null) return first.path ?? `${first.host ?? "localhost"}:${first.port}`;
  return typeof first === "number" || /^\d+$/.test(first) ? `${typeof second === "string" ? second : "localhost"}:${first}` : first;
}

function guardSockets() {
  const { connect } = net.Socket.prototype;
  net.Socket.prototype.connect = function (...args) {
    const error = refusal(`a connection to ${placeOf(args)}`);
    if (error === null) return connect.apply(this, args);
    process.nextTick(() => this.destroy(error));
    return this;
  };
  for (const name of ["send", "connect", "bind"]) {
    const method = dgram.Socket.prototype[name];
    dgram.Socket.prototype[name] = function (...args) {
      const error = refusal(`a datagram (dgram ${name})`);
      if (error !== null) throw error;
      return method.apply(this, args);
    };
  }
}

const isQuery = (name) => /^(lookup|resolve|reverse)/.test(name);

function guardNames(holder, inPromises) {
  for (const name of Object.getOwnPropertyNames(holder).filter(isQuery)) {
    const method = holder[name];
    holder[name] = function (...args) {
      const error = refusal(`the DNS query ${name}(${JSON.stringify(args[0])})`);
      if (error === null) return method.apply(this, args);
      if (inPromises) return Promise.reject(error);
      const callback = args.at(-1);
      if (typeof callback !== "function") throw error;
      process.nextTick(callback, error);
    };
  }
}

export function installGuards() {
  guardSockets();
  guardNames(dns, false);
  guardNames(dns.promises, true);
  guardNames(Object.getPrototypeOf(dns.Resolver.prototype), false);
  guardNames(dns.Resolver.prototype, false);
  guardNames(Object.getPrototypeOf(dns.promises.Resolver.prototype), true);
  guardNames(dns.promises.Resolver.prototype, true);
  syncBuiltinESMExports();
}
