// Reads a `multipart/form-data` body, as `crates/isolate/src/environment/action/stream.rs` does with the crate `multer`.
// Known gap: what the crate says of bodies that break off inside a part.

const limit = 20 * 1024 * 1024;

function invalid(problem) {
  return new Error(`invalid multi-part form: '${problem}'`);
}

function find(bytes, wanted, from) {
  const first = wanted[0];
  for (let at = bytes.indexOf(first, from); at >= 0; at = bytes.indexOf(first, at + 1)) {
    let same = 1;
    while (same < wanted.length && bytes[at + same] === wanted[same]) same++;
    if (same === wanted.length) return at;
  }
  return -1;
}

const encode = (text) => new TextEncoder().encode(text);
const decode = (bytes) => new TextDecoder().decode(bytes);

function parseHeaders(text) {
  const headers = new Map();
  for (const line of text.split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  return headers;
}

function attribute(disposition, name) {
  const found = new RegExp(`(?:^|[;\\s])${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^;\\s]+))`, "i").exec(disposition);
  return found === null ? undefined : found[1] === undefined ? found[2] : found[1].replace(/\\(["\\])/g, "$1");
}

function readPart(headers, data) {
  const disposition = headers.get("content-disposition") ?? "";
  const name = attribute(disposition, "name");
  if (name === undefined) throw new Error("multi-part form entry missing 'name'");
  const fileName = attribute(disposition, "filename");
  if (fileName === undefined) return { name, text: decode(data), file: null };
  return { name, text: null, file: { fileName, contentType: headers.get("content-type") ?? null, data } };
}

export function parseMultipart(bytes, boundary) {
  if (bytes.length > limit) throw invalid(`stream size exceeded limit: ${limit} bytes`);
  const delimiter = encode(`\r\n--${boundary}`);
  const headEnd = encode("\r\n\r\n");
  const parts = [];
  const first = find(bytes, delimiter.subarray(2), 0);
  if (first < 0) throw invalid("incomplete multipart stream");
  let at = first + delimiter.length - 2;
  for (;;) {
    if (bytes[at] === 0x2d && bytes[at + 1] === 0x2d) return parts;
    // The line feed after a delimiter may be the first of an empty head's.
    const head = find(bytes, headEnd, at);
    const end = head < 0 ? -1 : find(bytes, delimiter, head + 2);
    if (end < 0) throw invalid("incomplete multipart stream");
    parts.push(readPart(parseHeaders(decode(bytes.subarray(at, head))), bytes.slice(head + 4, end)));
    at = end + delimiter.length;
  }
}
