import { useEffect, useState } from 'react';
import { PANEL_NAMESPACE, TOPICS, type Topic } from '../../../../shared/api/changes.ts';
import { catchUp, refresh } from './query-client.ts';
import { useHasSessionEnded } from './session-end.ts';

/** Waits between tries to connect again. Milliseconds. */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;

/**
 * Follows the hub's word of what has changed for as long as the component is there; answers whether it comes through.
 * Without it every query still looks for itself from time to time.
 */
export function useLiveChanges(): boolean {
  const [isLive, setLive] = useState(false);
  const hasSessionEnded = useHasSessionEnded();
  useEffect(() => {
    if (hasSessionEnded) return;
    const ended = new AbortController();
    void follow(setLive, ended.signal);
    return () => ended.abort();
  }, [hasSessionEnded]);
  return isLive;
}

async function follow(setLive: (live: boolean) => void, signal: AbortSignal): Promise<void> {
  const client = await import('socket.io-client').catch(() => undefined);
  if (client === undefined || signal.aborted) return;
  const socket = client.io(PANEL_NAMESPACE, {
    transports: ['websocket'],
    reconnectionDelay: FIRST_WAIT_MS,
    reconnectionDelayMax: LONGEST_WAIT_MS,
  });
  let wasCut = false;
  const tryAgain = (wait: number): void => {
    setTimeout(() => !signal.aborted && socket.connect(), wait);
  };
  socket.on('connect', () => {
    setLive(true);
    // Whatever changed in between was told to nobody.
    if (wasCut) void refresh(...TOPICS);
    wasCut = false;
  });
  socket.on('disconnect', (reason) => {
    setLive(false);
    wasCut = true;
    if (signal.aborted) return;
    // The hub may be away, or have ended it, as it does with a session that is over or was renewed: the next request tells.
    void refresh('users');
    if (reason === 'io server disconnect') tryAgain(FIRST_WAIT_MS);
  });
  // What the hub itself ends or refuses is not tried again by itself.
  socket.on('connect_error', () => !socket.active && tryAgain(LONGEST_WAIT_MS));
  socket.on('changed', ({ topics }: { topics: Topic[] }) => void catchUp(...topics));
  signal.addEventListener('abort', () => socket.disconnect());
}
