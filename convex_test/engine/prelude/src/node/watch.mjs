// A thread that ends the process when its parent is gone or its memory is used up, whatever the function is doing.
import { Worker } from "node:worker_threads";

// Says why on stderr: `engine/node/process.py` looks for it.
const source = `
  const fs = require("node:fs");
  const { workerData: { parent, memoryLimit, period } } = require("node:worker_threads");
  const isAlive = () => {
    if (process.platform !== "win32") return process.ppid === parent;
    try {
      return process.kill(parent, 0);
    } catch {
      return false;
    }
  };
  setInterval(() => {
    if (!isAlive()) process.kill(process.pid, "SIGKILL");
    if (process.memoryUsage.rss() <= memoryLimit) return;
    fs.writeSync(2, "convex-test: memory limit reached\\n");
    process.kill(process.pid, "SIGKILL");
  }, period);
`;

export function startWatch({ memoryLimit }) {
  const workerData = { parent: process.ppid, memoryLimit, period: 50 };
  new Worker(source, { eval: true, workerData, stdout: true, stderr: true, resourceLimits: { maxOldGenerationSizeMb: 16 } }).unref();
}
