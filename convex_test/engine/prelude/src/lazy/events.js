// The same AbortController as Convex's runtime (`abortcontroller-polyfill`), on `event-target-shim`.
import { Event, EventTarget } from "event-target-shim";
import { AbortController, AbortSignal } from "abortcontroller-polyfill/dist/cjs-ponyfill.js";

export { Event, EventTarget, AbortController, AbortSignal };
