// The types around `fetch`, and `fetch` itself, which can say so far only where it may not be used.
import { execution } from "../execution.js";
import { notHere, notSupported } from "../failing.js";
import { watch } from "../rejections.js";
import { Blob, File } from "../fetch/blob.js";
import { FormData } from "../fetch/form_data.js";
import { Headers } from "../fetch/headers.js";
import { Request } from "../fetch/request.js";
import { Response } from "../fetch/response.js";

export { Blob, File, FormData, Headers, Request, Response };

export function fetch(resource, options) {
  return watch(send(resource, options));
}

async function send(resource, options) {
  new Request(resource, options);
  if (execution.kind !== "action") throw notHere("fetch()");
  notSupported("fetch");
}
