export function conditions(x: number, y?: string) {
  if (x > 1) { //= if true, if false
    x = 1; //=
  }
  if (x > 2) x = 2; //= if true, if false
  if (x > 3) { //= if true, if false
    x = 3; //=
  } else if (x > 4) { //= if true, if false
    x = 4; //=
  } else {
    x = 5; //=
  }
  if (x) x = 6; //= if true, if false
  else x = 7; //=
  return y; //=
}

export function early(x: number) {
  if (x) return 1; //= if true, if false
  return 2; //=
}

export function operators(a: any, b: any) {
  const one = a ? 1 : 2; //= ? true, ? false
  const two = a //= ? true, ? false
    ? 1
    : 2;
  const and = a && b; //= && left, && right
  const or = a || b || one; //= || left, || left, || right, || right
  const nullish = a ?? b; //= ?? left, ?? right
  a ??= b; //= ??= left, ??= right
  a ||= 1; //= ||= left, ||= right
  a &&= 1; //= &&= left, &&= right
  a.b ??= 1; //=
  a.b ||= 1; //=
  return [one, two, and, or, nullish]; //=
}

export function chains(a: any, b: any) {
  a?.b; //= ?. left, ?. right
  a?.b.c?.d; //= ?. left, ?. left, ?. right, ?. right
  a?.[b]; //= ?. left, ?. right
  a!?.b!.c; //= ?. left, ?. right
  b?.(a); //= ?. left, ?. right
  a.b?.(a); //=
  a?.b?.(a)?.c; //= ?. left, ?. right
  delete a?.b; //=
  (a?.b)(); //=
  return a?.b ?? b; //= ?. left, ?. right, ?? left, ?? right
}

export function choose(x: string) {
  switch (x) { //= case "a", case "b", case "c", no case
    case "a":
    case "b":
      x = "1"; //=
      break; //=
    case "c": {
      x = "2"; //=
    }
  }
  switch (x) { //= case "a", default
    case "a": return 1; //=
    default:
      return 2; //=
  }
}

export function empties(x: string) {
  switch (x) { //=
  }
  if (x) {} //= if true, if false
  if (x); //= if true, if false
  for (const _ of x); //= loop entered, loop left
}
