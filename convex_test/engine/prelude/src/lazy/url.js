// core-js: right on relative references and international hosts, and a tenth of the size of `whatwg-url`.
export { default as URL } from "core-js-pure/web/url.js";
export { default as URLSearchParams } from "core-js-pure/web/url-search-params.js";
