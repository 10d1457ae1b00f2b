// `performance`: the clock of `crates/isolate/src/environment/helpers/performance.rs`, and the User Timing of
// `npm-packages/udf-runtime/src/27_performance.ts`.
import { elapsed, evaluated, execution, isConfig, onEnter, onFreshModules } from "../execution.js";
import { notImplemented, requireArguments } from "../failing.js";

const key = Symbol("constructor");
const loading = () => execution.kind === "import" || evaluated() !== undefined;

// Milliseconds since the deployment, in steps of 0.1: nothing passes while modules load, nor during a query.
function now() {
  if (isConfig()) throw new Error(`The Performance API is not supported when evaluating ${evaluated()}`);
  if (loading()) return 0;
  const passed = execution.kind === "query" ? 0 : elapsed();
  return Math.floor((execution.now - execution.deployedAt + passed) * 10) / 10;
}

function checkArguments(args, required, method) {
  requireArguments(args.length, required, `Failed to execute '${method}' on 'Performance'`);
}

// A function finds what modules recorded while they loaded, not what the function before it recorded.
let recordedAtImport = [];
let entries = loading() ? recordedAtImport : [];

onEnter(() => {
  entries = loading() ? recordedAtImport : [...recordedAtImport];
});
onFreshModules(() => {
  recordedAtImport = [];
});

function remove(type, name) {
  const kept = entries.filter((entry) => entry.entryType !== type || (name !== undefined && entry.name !== name));
  entries.splice(0, entries.length, ...kept);
}

function find(name, type) {
  return entries.filter(
    (entry) => (name === undefined || entry.name === name) && (type === undefined || entry.entryType === type),
  );
}

function timestamp(mark) {
  if (typeof mark === "string") {
    const entry = entries.findLast(({ name, entryType }) => name === mark && entryType === "mark");
    if (entry === undefined) throw new DOMException(`Cannot find mark: "${mark}"`, "SyntaxError");
    return entry.startTime;
  }
  if (mark < 0) throw new TypeError(`Mark cannot be negative: received ${mark}`);
  return mark;
}

function checkMeasureOptions(options, endMark) {
  if (!options || typeof options !== "object" || Object.keys(options).length === 0) return;
  if (endMark) throw new TypeError('Options cannot be passed with "endMark"');
  if ("start" in options && "duration" in options && "end" in options) {
    throw new TypeError('Cannot specify "start", "end", and "duration" together in options');
  }
}

function measured(options, endMark) {
  const { start, end, duration } = typeof options === "object" ? options : { start: options };
  const given = typeof options === "object";
  let to;
  if (endMark) to = timestamp(endMark);
  else if (given && end !== undefined) to = timestamp(end);
  else if (given && start !== undefined && duration !== undefined) to = timestamp(start) + timestamp(duration);
  else to = now();
  let from = 0;
  if (given && start !== undefined) from = timestamp(start);
  else if (given && end !== undefined && duration !== undefined) from = timestamp(end) - timestamp(duration);
  else if (typeof start === "string") from = timestamp(start);
  return [from, to - from];
}

export class Performance extends EventTarget {
  onresourcetimingbufferfull = null;

  constructor(given = undefined) {
    if (given !== key) throw new TypeError("Illegal constructor");
    super();
  }
  now() {
    return now();
  }
  get timeOrigin() {
    return execution.deployedAt;
  }
  toJSON() {
    return { timeOrigin: this.timeOrigin };
  }
  clearMarks(markName) {
    remove("mark", markName);
  }
  clearMeasures(measureName) {
    remove("measure", measureName);
  }
  clearResourceTimings() {
    remove("resource");
  }
  setResourceTimingBufferSize(_maxSize) {
    checkArguments(arguments, 1, "setResourceTimingBufferSize");
  }
  getEntries() {
    return find();
  }
  getEntriesByName(name, type) {
    checkArguments(arguments, 1, "getEntriesByName");
    return find(name, type);
  }
  getEntriesByType(type) {
    checkArguments(arguments, 1, "getEntriesByType");
    return find(undefined, type);
  }
  mark(markName, markOptions) {
    checkArguments(arguments, 1, "mark");
    const entry = new PerformanceMark(markName, markOptions);
    entries.push(entry);
    return entry;
  }
  measure(measureName, startOrMeasureOptions, endMark) {
    checkArguments(arguments, 1, "measure");
    checkMeasureOptions(startOrMeasureOptions, endMark);
    const [start, duration] = measured(startOrMeasureOptions, endMark);
    const detail = typeof startOrMeasureOptions === "object" ? startOrMeasureOptions.detail ?? null : null;
    const entry = new PerformanceMeasure(measureName, start, duration, detail, key);
    entries.push(entry);
    return entry;
  }
  get eventCounts() {
    return notImplemented("get eventCounts", "Performance");
  }
  get timing() {
    return notImplemented("get timing", "Performance");
  }
  get navigation() {
    return notImplemented("get navigation", "Performance");
  }
}

function checkEntry(values, given) {
  if (given !== key) throw new TypeError("Illegal constructor");
  if (values.includes(undefined)) throw new Error("Internal error: missing mandatory parameters");
}

export class PerformanceEntry {
  #values;
  constructor(name = undefined, entryType = undefined, startTime = undefined, duration = undefined, given = undefined) {
    checkEntry([name, entryType, startTime, duration], given);
    this.#values = { name, entryType, startTime, duration };
  }
  get name() {
    return this.#values.name;
  }
  get entryType() {
    return this.#values.entryType;
  }
  get startTime() {
    return this.#values.startTime;
  }
  get duration() {
    return this.#values.duration;
  }
  toJSON() {
    return { ...this.#values };
  }
  get [Symbol.toStringTag]() {
    return "PerformanceEntry";
  }
}

export class PerformanceMark extends PerformanceEntry {
  #detail;
  constructor(name, options) {
    requireArguments(arguments.length, 1, "Failed to construct 'PerformanceMark'");
    const { detail = null, startTime = now() } = options ?? {};
    super(name, "mark", startTime, 0, key);
    if (startTime < 0) {
      throw new TypeError(`Cannot construct PerformanceMark: startTime cannot be negative, received ${startTime}`);
    }
    this.#detail = structuredClone(detail);
  }
  get detail() {
    return this.#detail;
  }
  toJSON() {
    return { ...super.toJSON(), detail: this.#detail };
  }
}

export class PerformanceMeasure extends PerformanceEntry {
  #detail;
  constructor(name = undefined, startTime = undefined, duration = undefined, detail = undefined, given = undefined) {
    checkEntry([name, startTime, duration], given);
    super(name, "measure", startTime, duration, given);
    this.#detail = structuredClone(detail);
  }
  get detail() {
    return this.#detail;
  }
  toJSON() {
    return { ...super.toJSON(), detail: this.#detail };
  }
}

export const performance = new Performance(key);
