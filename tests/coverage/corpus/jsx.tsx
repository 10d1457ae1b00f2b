import { render } from "./render";

export function Page({ user, items }: { user?: { name: string }; items: string[] }) {
  return render( //= ? true, ? false, && left, && right
    <main>
      {user ? <b>{user.name}</b> : null}
      {items.length > 0 && <ul />}
      {items.map((item) => (
        <li key={item}>{item}</li> //=
      ))}
    </main>,
  );
}
