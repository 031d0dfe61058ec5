import { useSyncExternalStore } from 'react';

/** How long to wait before each further look; the last one stays. Milliseconds. */
const WAITS = [1_000, 2_000, 4_000, 8_000];
const PROBE_TIMEOUT_MS = 5_000;

let isDown = false;
const watchers = new Set<() => void>();
const recoveries = new Set<() => void>();

/** Called when a request got no answer: looks for the hub until it is there again. */
export function noteUnreachable(): void {
  if (isDown) return;
  setDown(true);
  void lookUntilBack();
}

/** Called when an answer came. */
export function noteReached(): void {
  if (!isDown) return;
  setDown(false);
  for (const recover of recoveries) recover();
}

export function useIsHubDown(): boolean {
  return useSyncExternalStore(watch, () => isDown);
}

/** Calls back each time the hub is there again; the answer ends that. */
export function onRecovered(recover: () => void): () => void {
  recoveries.add(recover);
  return () => recoveries.delete(recover);
}

async function lookUntilBack(): Promise<void> {
  for (let turn = 0; isDown; turn += 1) {
    await sleep(WAITS[Math.min(turn, WAITS.length - 1)] ?? 0);
    if (isDown && (await isHubThere())) noteReached();
  }
}

async function isHubThere(): Promise<boolean> {
  try {
    const answer = await fetch('/healthz', {
      cache: 'no-store',
      signal: AbortSignal.timeout(PROBE_TIMEOUT_MS),
    });
    return answer.ok;
  } catch {
    return false;
  }
}

function setDown(down: boolean): void {
  isDown = down;
  for (const tell of watchers) tell();
}

function watch(tell: () => void): () => void {
  watchers.add(tell);
  return () => watchers.delete(tell);
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
