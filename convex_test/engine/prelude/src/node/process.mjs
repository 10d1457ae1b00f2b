// `process` as a function of a deployment finds it: its environment, no way to end it, and streams that are not the
// channel to the host.
import { Readable, Writable } from "node:stream";
import { thrown } from "./errors.mjs";
import { answer, pumpedContext, write } from "./channel.mjs";
import { running } from "./invocation.mjs";
import { native } from "./natives.mjs";

// What `runWithEnvironmentVariables` in `npm-packages/node-executor/src/executor.ts` leaves.
const allowed = ["PATH", "PWD", "LANG", "NODE_PATH", "TZ", "UTC"];
const ofTheMachine = Object.fromEntries(allowed.filter((name) => name in process.env).map((name) => [name, process.env[name]]));

export function setEnvironment(variables) {
  process.env = { ...ofTheMachine, ...variables };
}

function exit(code) {
  const message = `process.exit() called ${code === undefined ? "with no exit code" : `with exit code ${code}`}`;
  const invocation = running();
  invocation?.settle("!", JSON.stringify({ ...thrown(new Error(message), "process.exit"), exits: true }));
  if (pumpedContext() !== undefined) answer();
  native.exit(1);
}

function output(name) {
  const stream = new Writable({
    decodeStrings: true,
    write(chunk, _encoding, done) {
      write(0, `> ${JSON.stringify([name, chunk.toString()])}`);
      done();
    },
  });
  return Object.assign(stream, { fd: name === "stdout" ? 1 : 2, isTTY: false });
}

export function installProcess() {
  const streams = { stdout: output("stdout"), stderr: output("stderr"), stdin: Readable.from([]) };
  for (const [name, stream] of Object.entries(streams)) {
    Object.defineProperty(process, name, { value: stream, writable: true, enumerable: true, configurable: true });
  }
  process.exit = exit;
}
