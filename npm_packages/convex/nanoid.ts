import { customAlphabet, nanoid } from "nanoid";
import { check } from "./check";

export const run = check(async () => [nanoid().length, nanoid(5).length, /^[ab]{8}$/.test(customAlphabet("ab", 8)()), nanoid() === nanoid()]);
