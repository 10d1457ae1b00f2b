// The types around `fetch`, and `fetch` itself.
import { load } from "../lazy.js";
import { watch } from "../rejections.js";
import { Blob, Bytes, File, SingleUse } from "../fetch/blob.js";
import { fetchFollowing } from "../fetch/fetch.js";
import { FormData } from "../fetch/form_data.js";
import { Headers } from "../fetch/headers.js";
import { Request } from "../fetch/request.js";
import { Response } from "../fetch/response.js";

// First, because core-js puts something else in the place of `Request.prototype.constructor` when it finds one.
load("url");

export { Blob, File, FormData, Headers, Request, Response };
// What Blobs keep their bytes in.
export const hidden = [Bytes, SingleUse];

export function fetch(resource, options) {
  return watch(fetchFollowing(resource, options));
}
