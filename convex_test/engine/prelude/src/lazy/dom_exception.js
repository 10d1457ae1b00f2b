// `DOMException` as in Convex's runtime: name, message and code are properties of its own, so JSON has them.

// Constants in the order of their codes, from 1, each with the exception that has the code.
const table = [
  ["INDEX_SIZE", "IndexSize"], ["DOMSTRING_SIZE"], ["HIERARCHY_REQUEST", "HierarchyRequest"], ["WRONG_DOCUMENT", "WrongDocument"],
  ["INVALID_CHARACTER", "InvalidCharacter"], ["NO_DATA_ALLOWED"], ["NO_MODIFICATION_ALLOWED", "NoModificationAllowed"],
  ["NOT_FOUND", "NotFound"], ["NOT_SUPPORTED", "NotSupported"], ["INUSE_ATTRIBUTE", "InUseAttribute"],
  ["INVALID_STATE", "InvalidState"], ["SYNTAX", "Syntax"], ["INVALID_MODIFICATION", "InvalidModification"],
  ["NAMESPACE", "Namespace"], ["INVALID_ACCESS", "InvalidAccess"], ["VALIDATION"], ["TYPE_MISMATCH", "TypeMismatch"],
  ["SECURITY", "Security"], ["NETWORK", "Network"], ["ABORT", "Abort"], ["URL_MISMATCH", "URLMismatch"],
  ["QUOTA_EXCEEDED", "QuotaExceeded"], ["TIMEOUT", "Timeout"], ["INVALID_NODE_TYPE", "InvalidNodeType"],
  ["DATA_CLONE", "DataClone"],
];
const codes = new Map();

export class DOMException {
  constructor(message = "", name = "Error") {
    this.message = message;
    this.name = name;
    this.code = codes.get(name) ?? 0;
    Object.defineProperty(this, "stack", { value: new Error(message).stack, writable: true, configurable: true });
  }

  get [Symbol.toStringTag]() {
    return "DOMException";
  }
}

table.forEach(([constant, exception], i) => {
  if (exception !== undefined) codes.set(`${exception}Error`, i + 1);
  Object.defineProperty(DOMException.prototype, `${constant}_ERR`, { value: i + 1, enumerable: true });
});
Object.setPrototypeOf(DOMException.prototype, Error.prototype);
