// Node's own functions as they are before anything replaces them.
export const native = {
  Date,
  setTimeout,
  clearTimeout,
  setImmediate,
  random: Math.random,
  fetch,
  exit: process.exit.bind(process),
  now: performance.now.bind(performance),
};
