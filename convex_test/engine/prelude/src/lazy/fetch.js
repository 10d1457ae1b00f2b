// The types around `fetch`, and `fetch` itself.
import { watch } from "../rejections.js";
import { Blob, File } from "../fetch/blob.js";
import { fetchFollowing } from "../fetch/fetch.js";
import { FormData } from "../fetch/form_data.js";
import { Headers } from "../fetch/headers.js";
import { Request } from "../fetch/request.js";
import { Response } from "../fetch/response.js";

export { Blob, File, FormData, Headers, Request, Response };

export function fetch(resource, options) {
  return watch(fetchFollowing(resource, options));
}
