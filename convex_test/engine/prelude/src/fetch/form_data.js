// `FormData` and its two encodings (`npm-packages/udf-runtime/src/21_formdata.ts`).
import { execution } from "../execution.js";
import { notHere, notSupported } from "../failing.js";
import { Blob, File } from "./blob.js";
import { parseMultipart } from "./multipart.js";

export class FormData {
  constructor() {
    this._entries = [];
  }
  append(name, value, filename) {
    if (value instanceof Blob) {
      const otherwise = value instanceof File ? value.name : "blob";
      this._entries.push([name, new File([value], filename ?? otherwise, { type: value.type })]);
    } else {
      this._entries.push([name, value]);
    }
  }
  delete(name) {
    this._entries = this._entries.filter(([key]) => key !== name);
  }
  get(name) {
    return this._entries.find(([key]) => key === name)?.[1] ?? null;
  }
  getAll(name) {
    return this._entries.filter(([key]) => key === name).map(([, value]) => value);
  }
  has(name) {
    return this._entries.some(([key]) => key === name);
  }
  set(name, value, filename) {
    const set = value instanceof Blob ? new File([value], filename ?? "") : value;
    const found = this._entries.filter(([key]) => key === name);
    if (found.length > 1) notSupported("FormData.set of a name that has several entries: it never ends in Convex's runtime");
    if (found.length === 1) found[0][1] = set;
    else this._entries.push([name, set]);
  }
  forEach(callback, thisArg) {
    this._entries.forEach(([name, value]) => {
      callback.call(thisArg, value, name, this);
    });
  }
  *entries() {
    for (const [name, value] of this._entries) yield [name, value];
  }
  keys() {
    return this._entries.map(([name]) => name).values();
  }
  values() {
    return this._entries.map(([, value]) => value).values();
  }
  [Symbol.iterator]() {
    return this.entries();
  }
  get [Symbol.toStringTag]() {
    return "FormData";
  }
}

const token = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const mimeType = new RegExp(`^(${token}/${token})((?:\\s*;\\s*${token}=(?:"[^"]*"|${token}))*)\\s*;?\\s*$`);

// `multipart/form-data; boundary=x` → its essence and boundary; null when it is no media type.
function parseMimeType(text) {
  const found = mimeType.exec(text);
  if (found === null) return null;
  const boundary = /;\s*boundary=(?:"([^"]*)"|([^\s;]+))/i.exec(found[2]);
  return { essence: found[1].toLowerCase(), boundary: boundary === null ? null : boundary[1] ?? boundary[2] };
}

function decodeComponent(text) {
  const bytes = new TextEncoder().encode(text.replaceAll("+", " "));
  const decoded = [];
  for (let i = 0; i < bytes.length; i++) {
    const hex = bytes[i] === 0x25 ? String.fromCharCode(bytes[i + 1], bytes[i + 2]) : "";
    if (/^[0-9A-Fa-f]{2}$/.test(hex)) {
      decoded.push(parseInt(hex, 16));
      i += 2;
    } else {
      decoded.push(bytes[i]);
    }
  }
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(new Uint8Array(decoded));
}

function parseUrlEncoded(text) {
  const form = new FormData();
  for (const pair of text.split("&")) {
    if (pair === "") continue;
    const [name, ...value] = pair.split("=");
    form.append(decodeComponent(name), decodeComponent(value.join("=")));
  }
  return form;
}

export async function parseFormData(blob, contentType) {
  if (contentType === null) throw new TypeError("Missing content type");
  const type = parseMimeType(contentType);
  if (type === null) throw new TypeError("Invalid content type");
  if (type.essence === "application/x-www-form-urlencoded") return parseUrlEncoded(await blob.text());
  if (type.essence !== "multipart/form-data") throw new TypeError("Body cannot be decoded as form data");
  if (type.boundary === null) throw new TypeError("Missing boundary parameter in mime type of multipart formdata.");
  if (execution.kind !== "action") throw notHere("formData()");
  const form = new FormData();
  for (const { name, text, file } of parseMultipart(new Uint8Array(await blob.arrayBuffer()), type.boundary)) {
    if (file === null) form.append(name, text);
    else form.append(name, new Blob([file.data], { type: file.contentType }), file.fileName);
  }
  return form;
}

const escapes = { "\n": "%0A", "\r": "%0D", '"': "%22" };
const escape = (text) => text.replace(/[\r\n"]/g, (character) => escapes[character]);
const withLineEnds = (text) => text.replace(/\r(?!\n)|(?<!\r)\n/g, "\r\n");

export function formDataToBlob(form) {
  const boundary = `${Math.random()}${Math.random()}`.replace(".", "").slice(-28);
  const parts = [];
  for (const [name, value] of form) {
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${escape(withLineEnds(name))}"`;
    if (typeof value === "string") {
      parts.push(`${head}\r\n\r\n${withLineEnds(value)}\r\n`);
    } else {
      const type = value.type || "application/octet-stream";
      parts.push(`${head}; filename="${escape(value.name)}"\r\nContent-Type: ${type}\r\n\r\n`, value, "\r\n");
    }
  }
  parts.push(`--${boundary}--`);
  return new Blob(parts, { type: `multipart/form-data; boundary=${boundary}` });
}
