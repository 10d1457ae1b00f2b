// Bytes on their way to and from the host. QuickJS's own methods, taken before anybody can change them.
const encode = Uint8Array.prototype.toBase64;
const decode = Uint8Array.fromBase64;

export const toBase64 = (bytes) => encode.call(bytes);
export const fromBase64 = (text) => decode.call(Uint8Array, text);
