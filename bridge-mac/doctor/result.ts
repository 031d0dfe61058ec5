import type { Finding } from '../../shared/wire/health.ts';

/** What a check came to. `unknown`: it could not be told here, which is no failure. */
export interface Result {
  check: string;
  verdict: 'ok' | 'failed' | 'unknown';
  message: string;
  /** What the operator is to do. */
  remedy?: string;
  blocksSending?: boolean;
}

export const ok = (check: string, message: string): Result => ({ check, verdict: 'ok', message });

export const failed = (check: string, message: string, remedy: string): Result => ({
  check,
  verdict: 'failed',
  message,
  remedy,
});

export const unknown = (check: string, message: string, remedy?: string): Result => ({
  check,
  verdict: 'unknown',
  message,
  ...(remedy !== undefined && { remedy }),
});

const MOST_CHARACTERS = 500;

/** A result as the hub hears it; undefined for one that tells nothing. */
export function toFinding({ check, verdict, message, remedy, blocksSending }: Result): Finding | undefined {
  if (verdict === 'unknown') return undefined;
  return {
    check,
    ok: verdict === 'ok',
    message: message.slice(0, MOST_CHARACTERS),
    ...(remedy !== undefined && { remedy: remedy.slice(0, MOST_CHARACTERS) }),
    ...(blocksSending === true && { blocks_sending: true }),
  };
}

export function fromFinding({ check, ok: isOk, message, remedy, blocks_sending }: Finding): Result {
  return {
    check,
    verdict: isOk ? 'ok' : 'failed',
    message,
    ...(remedy !== undefined && { remedy }),
    ...(blocks_sending !== undefined && { blocksSending: blocks_sending }),
  };
}

const MARKS: Record<Result['verdict'], string> = { ok: '✓', failed: '✗', unknown: '–' };

/**
 * One line per check, its remedy below where there is something to do, and a line that sums up. `paint` gives a mark the
 * colour of its verdict.
 */
export function describeResults(
  results: readonly Result[],
  paint: (verdict: Result['verdict'], mark: string) => string = (_, mark) => mark,
): string {
  const width = Math.max(...results.map(({ check }) => check.length));
  const lines = results.flatMap(({ check, verdict, message, remedy }) => {
    const line = `${paint(verdict, MARKS[verdict])} ${check.padEnd(width)}  ${message}`;
    return remedy === undefined || verdict === 'ok' ? [line] : [line, `  ${' '.repeat(width)}  → ${remedy}`];
  });
  const faults = results.filter(({ verdict }) => verdict === 'failed').length;
  const untold = results.filter(({ verdict }) => verdict === 'unknown').length;
  const found = faults === 0 ? 'Nothing is wrong' : `${faults} of ${results.length} checks failed`;
  const rest = untold === 0 ? '' : `; ${untold} could not be told`;
  return [...lines, '', `${found}${rest}.`].join('\n');
}
