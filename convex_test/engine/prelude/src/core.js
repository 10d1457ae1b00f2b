// The prelude: what a QuickJS context gets before the project's bundle. Order matters: later files use what
// earlier ones installed. `globalThis.guest` is taken by the host and removed at once.
import "./then.js";
import { post, drain, resolve, reject } from "./mailbox.js";
import { begin, enter, tick } from "./execution.js";
import { reportExhaustion } from "./exhaustion.js";
import "./natives.js";
import "./date.js";
import "./random.js";
import "./process.js";

import "./console.js";
import "./timers.js";
import "./locale.js";
import "./intl.js";
import "./webassembly.js";
import { addLazySource, shareCore } from "./lazy.js";
import { instantiate, analyze, exportAuthConfig, exportCrons, exportDefinition, exportSchema } from "./modules.js";
import { invoke, invokeHelper, invokeSnippet } from "./invoke.js";
import { analyzeRouter, invokeHttp } from "./http.js";
import { setTables } from "./ids.js";
import "./convex.js";
import { reportRejections } from "./rejections.js";
import { takeHits } from "./coverage.js";
import { endTurn, takeTurn } from "./turns.js";
import { remember, isPristine } from "./pristine.js";
import * as base64 from "./base64.js";
import * as contexts from "./contexts.js";
import * as describe from "./describe.js";
import * as execution from "./execution.js";
import * as failing from "./failing.js";
import * as invoking from "./invoke.js";
import * as lazy from "./lazy.js";
import * as mailbox from "./mailbox.js";
import * as modules from "./modules.js";
import * as rejections from "./rejections.js";
import * as then from "./then.js";

Error.stackTraceLimit = 64;
shareCore({ base64, contexts, describe, execution, failing, invoke: invoking, lazy, mailbox, modules, rejections, then });

globalThis.guest = {
  drain() {
    reportExhaustion();
    reportRejections();
    return drain();
  },
  resolve,
  reject,
  begin,
  tick,
  addLazySource,
  instantiate(factory) {
    execution.forgetModules();
    instantiate(factory);
  },
  analyze,
  analyzeRouter,
  exportAuthConfig,
  exportCrons,
  exportDefinition,
  exportSchema,
  invoke,
  invokeHttp,
  invokeHelper,
  invokeSnippet,
  setTables,
  remember,
  isPristine,
  takeHits,
  takeTurn,
  endTurn,
  // What test files in TypeScript need, which only their contexts have.
  suite(name, ...args) {
    return lazy.load("suite")[name](...args);
  },
};
