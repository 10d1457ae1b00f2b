// The same AbortController as Convex's runtime (`abortcontroller-polyfill`, in its version), on `event-target-shim`.
import { Event, EventTarget } from "event-target-shim";
import { AbortController, AbortSignal } from "abortcontroller-polyfill/dist/abortcontroller.js";

export { Event, EventTarget, AbortController, AbortSignal };
