// `ctx.storage.store` and `get` of actions, which move bytes that are in no JSON (`npm-packages/udf-runtime/src/storage.ts`).
import { fromBase64, toBase64 } from "./base64.js";
import { execution } from "./execution.js";
import { notHere } from "./failing.js";
import { load } from "./lazy.js";
import { post } from "./mailbox.js";

export async function storeBlob({ blob, options }) {
  if (!(blob instanceof load("fetch").Blob)) {
    throw new Error(
      "store() expects a Blob. If you are trying to store a Request, `await request.blob()` will give you the correct input.",
    );
  }
  if (execution.kind !== "action") throw notHere("storage.store()");
  const content = toBase64(new Uint8Array(await blob.arrayBuffer()));
  const answer = await post("storage/storeBlob", JSON.stringify({ blob: content, contentType: blob.type, sha256: options?.sha256 }));
  return JSON.parse(answer);
}

export async function getBlob({ storageId }) {
  if (typeof storageId !== "string") throw new Error(`storage.get requires a string storageId but received ${storageId}`);
  if (execution.kind !== "action") throw notHere("storage.get()");
  const found = JSON.parse(await post("storage/getBlob", JSON.stringify({ storageId })));
  if (found === null) return null;
  const bytes = fromBase64(found.blob);
  // May be read once: the runtime streams it.
  return load("fetch").Blob.fromStream(bytes, bytes.length, found.contentType ?? undefined);
}
