// QuickJS has a few globals that Convex's runtime has not.
delete globalThis.queueMicrotask;
delete globalThis.InternalError;
delete globalThis.navigator;
globalThis.self = globalThis;
