/** Set-up could not be done. The message says what to do. */
export class SetupError extends Error {}
export function ensureInstalled(root: string): string;
export function stampOf(root: string): string;
