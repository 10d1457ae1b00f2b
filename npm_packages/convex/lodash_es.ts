import { chunk, cloneDeep, debounce, groupBy, isEqual, merge, orderBy } from "lodash-es";
import { check } from "./check";

export const run = check(async () => {
  let calls = 0;
  const later = debounce(() => { calls++; }, 10);
  later();
  later();
  await new Promise((resolve) => setTimeout(resolve, 50));
  const nested = { a: [1, { b: new Date(0) }] };
  return [
    chunk([1, 2, 3], 2), groupBy(["one", "two", "three"], "length"), merge({ a: { b: 1 } }, { a: { c: 2 } }),
    isEqual(cloneDeep(nested), nested), orderBy([{ n: 2 }, { n: 1 }], "n").map((o) => o.n), calls,
  ];
});
