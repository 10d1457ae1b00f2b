export function declared(x: number) {
  return x; //=
}

export const arrow = (x: number) => { //=
  return x; //=
};

export const nextLine = (x: number) => //=
  x; //=

export const oneLine = (x: number) => x; //= function called, pass by

export const inner = () => [1, 2].map((x) => x); //= function called, function called

export const inlineBlock = () => { return 1; }; //= function called, pass by

export function empty() {} //=

export const emptyArrow = () => {}; //= function called, pass by

export const callback = [1].map( //=
  (x) => x, //=
);

export const object = { //=
  method() {
    return 1; //=
  },
  get value() {
    return 1; //=
  },
  async *generator() {
    yield 1; //=
  },
  short: () => 1, //=
  empty() {}, //=
};

export function defaults(a = 1, { b = 2, c: { d } = { d: 1 } } = {}, f = () => 1) { //=
  return [a, b, d, f]; //= default, default, default, default
}

export default function () {
  return 1; //=
}
