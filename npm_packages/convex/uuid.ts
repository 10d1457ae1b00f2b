import { parse, stringify, v4, v5, v7, validate, version } from "uuid";
import { check } from "./check";

export const run = check(async () => {
  const id = v4();
  return [validate(id), version(id), version(v7()), v5("example.com", v5.DNS), stringify(parse(id)) === id];
});
