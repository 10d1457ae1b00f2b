// `DOMException` as in Convex's runtime: name, message and code are properties of their own, so JSON has them.

const codes = [
  "IndexSize", "DOMStringSize", "HierarchyRequest", "WrongDocument", "InvalidCharacter", "NoDataAllowed", "NoModificationAllowed",
  "NotFound", "NotSupported", "InuseAttribute", "InvalidState", "Syntax", "InvalidModification", "Namespace", "InvalidAccess",
  "Validation", "TypeMismatch", "Security", "Network", "Abort", "URLMismatch", "QuotaExceeded", "Timeout", "InvalidNodeType",
  "DataClone",
];
// Constants without an exception of the name.
const onlyConstants = new Set(["DOMStringSize", "NoDataAllowed", "Validation"]);

const codeOf = new Map([["InUseAttributeError", 10]]);
codes.forEach((word, i) => {
  if (!onlyConstants.has(word) && word !== "InuseAttribute") codeOf.set(`${word}Error`, i + 1);
});

export class DOMException {
  constructor(message = "", name = "Error") {
    this.message = message;
    this.name = name;
    this.code = codeOf.get(name) ?? 0;
    Object.defineProperty(this, "stack", { value: new Error(message).stack, writable: true, configurable: true });
  }

  get [Symbol.toStringTag]() {
    return "DOMException";
  }
}

codes.forEach((word, i) => {
  const constant = word.replace(/(?<=[a-z])(?=[A-Z])|(?<=URL|DOM)(?=[A-Z])/g, "_").toUpperCase() + "_ERR";
  Object.defineProperty(DOMException.prototype, constant, { value: i + 1, enumerable: true });
});
// Two constants are older than the spelling of the others.
Object.setPrototypeOf(DOMException.prototype, Error.prototype);
