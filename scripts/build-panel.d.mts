export function ensurePanel(root: string): void;
export function buildPanel(root: string): void;
