// core-js: right on relative references and international hosts, and a tenth of the size of `whatwg-url`.
import CoreURL from "core-js-pure/web/url.js";
import URLSearchParams from "core-js-pure/web/url-search-params.js";
import { notImplemented } from "../failing.js";

export { URLSearchParams };
export const hidden = [Object.getPrototypeOf(new URLSearchParams().entries())];

// With the errors of Convex's runtime (`npm-packages/udf-runtime/src/00_url.ts`).
export class URL extends CoreURL {
  constructor(url, base) {
    const href = String(url);
    const against = base === undefined ? undefined : String(base);
    try {
      super(href, against);
    } catch {
      const wrong = against === undefined || CoreURL.canParse(against) ? href : against;
      throw new TypeError(`Invalid URL: '${wrong}'`);
    }
  }
  static canParse(url, base) {
    return CoreURL.canParse(String(url), base === undefined ? undefined : String(base));
  }
  static parse(url, base) {
    return URL.canParse(url, base) ? new URL(url, base) : null;
  }
  get host() {
    return super.host;
  }
  set host(_host) {
    notImplemented("set host", "URL");
  }
  get username() {
    return super.username;
  }
  set username(_username) {
    notImplemented("set username", "URL");
  }
  get password() {
    return super.password;
  }
  set password(_password) {
    notImplemented("set password", "URL");
  }
}
