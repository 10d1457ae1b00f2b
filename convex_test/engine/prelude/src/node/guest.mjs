// placeholder
export const guests = new Map();
export function openGuest() {}
