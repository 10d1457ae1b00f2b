export function loops(xs: number[]) {
  for (const x of xs) { //= loop entered, loop left
    if (x) continue; //= if true, if false
  }
  for (const x in xs) x; //= loop entered, loop left
  for (let i = 0; i < 3; i++) { //= loop entered, loop left
    xs.pop(); //=
  }
  while (xs.length) xs.pop(); //= loop entered, loop left
  do { //=
    xs.pop(); //=
  } while (xs.length);
  do xs.pop(); while (xs.length); //=
  outer: for (;;) { //=
    while (true) { //=
      break outer; //=
    }
  }
  for (const { a = 1 } of xs as any[]) { //= default, loop entered, loop left
    a; //=
  }
}

export async function tries(f: () => Promise<void>) {
  try { //=
    await f(); //=
  } catch (error) {
    throw error; //=
  } finally {
    await f(); //=
  }
  try { //=
  } catch {}
}
