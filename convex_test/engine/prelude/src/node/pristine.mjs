// Whether code of the user has left something behind on what all calls of a process share.
const intrinsics = [Object, Array, String, Function, Promise, Map, Set].map((type) => type.prototype);
const own = new Set(["require", "exports", "module", "__filename", "__dirname"]);
let remembered = new Map();

// Node defines some of its globals when they are first used: a getter may become a value.
const descriptors = () => Object.entries(Object.getOwnPropertyDescriptors(globalThis)).filter(([name]) => !own.has(name));
const sizes = () => intrinsics.map((prototype) => Reflect.ownKeys(prototype).length).join();
let rememberedSizes = "";

export function rememberGlobals() {
  remembered = new Map(descriptors().map(([name, { get, value }]) => [name, { get, value }]));
  rememberedSizes = sizes();
}

export function isPristine() {
  const now = descriptors();
  return (
    now.length === remembered.size &&
    sizes() === rememberedSizes &&
    now.every(([name, { value }]) => {
      const known = remembered.get(name);
      return known !== undefined && (known.get !== undefined || Object.is(known.value, value));
    })
  );
}
