import { useSyncExternalStore } from 'react';

let hasEnded = false;
const watchers = new Set<() => void>();

/** Called when the hub does not know the caller: the session has ended, or never began. */
export function noteSessionEnd(): void {
  setEnded(true);
}

export function noteSignedIn(): void {
  setEnded(false);
}

export function useHasSessionEnded(): boolean {
  return useSyncExternalStore(watch, () => hasEnded);
}

function setEnded(ended: boolean): void {
  if (hasEnded === ended) return;
  hasEnded = ended;
  for (const tell of watchers) tell();
}

function watch(tell: () => void): () => void {
  watchers.add(tell);
  return () => watchers.delete(tell);
}
