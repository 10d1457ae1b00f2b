export function startInspector() {}
