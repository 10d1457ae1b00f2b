// `then`, wrapped before anything else looks at it: see `contexts.js`.
const { apply } = Reflect;

export const nativeThen = Promise.prototype.then;

let carried = (callback) => callback;

export function setCarrier(carrier) {
  carried = carrier;
}

Object.defineProperty(Promise.prototype, "then", {
  value: {
    then(onFulfilled, onRejected) {
      return apply(nativeThen, this, [carried(onFulfilled), carried(onRejected)]);
    },
  }.then,
  writable: true,
  enumerable: false,
  configurable: true,
});
