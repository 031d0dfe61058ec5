import { once } from 'node:events';
import type { ServerResponse } from 'node:http';

/**
 * Answers with texts as they come, each asked for when the one before has left. A caller that takes nothing for `stall`
 * milliseconds is let go, and so is what makes the texts. Where making them fails the answer breaks off, so that nobody
 * takes it for whole.
 */
export async function sendStream(
  response: ServerResponse,
  stream: AsyncIterable<string>,
  { head, stall }: { head: boolean; stall: number },
): Promise<void> {
  if (head) {
    response.end();
    return;
  }
  const left = new AbortController();
  response.once('close', () => left.abort());
  for await (const text of stream) {
    if (left.signal.aborted || response.destroyed) return;
    if (text === '' || response.write(text)) continue;
    try {
      await once(response, 'drain', { signal: AbortSignal.any([left.signal, AbortSignal.timeout(stall)]) });
    } catch {
      response.destroy();
      return;
    }
  }
  response.end();
}
