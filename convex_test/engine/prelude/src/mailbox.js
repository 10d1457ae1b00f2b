// The only way out of JavaScript. A request is a line in the outbox, `<id> <op> <args>`, and a promise;
// the host takes the outbox when the job queue is empty and settles the promises. Lines that want no
// answer begin with a sign instead of an id:
//   `= <text>`   the call's result           `! <json>`   the call's error
//   `# <json>`   a console line              `- <op> <args>`   a notification
// A line holds no line feed and no NUL: JSON.stringify never writes either.

let outbox = [];
let waiting = new Map();
let origins = new Map();
let lastId = 0;

export function post(op, args) {
  const id = ++lastId;
  outbox.push(id + " " + op + " " + line(args));
  // npm's `convex` makes a new error from the message of ours, after an await: without the stack of now, an error
  // would not know where the call was made.
  const { stack } = new Error();
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject, stack });
  });
}

// The same for callers that make their own value of the answer, and their own error of the refusal: one promise, no
// `await` in between.
export function ask(op, args, read, refuse) {
  const id = ++lastId;
  outbox.push(id + " " + op + " " + line(args));
  const { stack } = new Error();
  return new Promise((fulfil, reject) => {
    const resolve = (text) => {
      try {
        fulfil(read(text));
      } catch (error) {
        reject(refuse(error));
      }
    };
    waiting.set(id, { resolve, reject: (error) => reject(refuse(error)), stack });
  });
}

export function send(sign, text) {
  outbox.push(sign + " " + line(text));
}

// Only somebody who calls `Convex.asyncSyscall` by hand can break the framing.
function line(text) {
  return text.includes("\n") || text.includes("\0") ? JSON.stringify(JSON.parse(text)) : text;
}

export function drain() {
  if (outbox.length === 0) return "";
  const text = outbox.join("\n");
  outbox.length = 0;
  return text;
}

export function resolve(id, text) {
  const promise = waiting.get(+id);
  waiting.delete(+id);
  promise.resolve(text);
}

// `json` is `{message, name?, data?}`. The error is what Convex's runtime rejects a syscall with.
export function reject(id, json) {
  const promise = waiting.get(+id);
  waiting.delete(+id);
  const { message, data } = JSON.parse(json);
  const error = new Error(message);
  if (data !== undefined) error.data = data;
  origins.set(message, promise.stack);
  promise.reject(error);
}

// Where the request was made whose rejection has this message.
export function originOf(message) {
  return origins.get(message) ?? "";
}

// What belongs to one execution.
export const letters = {
  save: () => ({ outbox, waiting, origins }),
  restore: (saved) => ({ outbox, waiting, origins } = saved),
  fresh() {
    outbox = [];
    waiting = new Map();
    origins = new Map();
  },
};

export function forget() {
  origins.clear();
  outbox.length = 0;
  waiting.clear();
}
