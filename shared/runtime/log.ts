import { type DestinationStream, type LevelWithSilent, type Logger, pino } from 'pino';
import { PinoPretty as pretty } from 'pino-pretty';

export const LOG_LEVELS = [
  'trace',
  'debug',
  'info',
  'warn',
  'error',
  'fatal',
  'silent',
] as const satisfies LevelWithSilent[];
export type LogLevel = (typeof LOG_LEVELS)[number];

// Names that may carry a secret or a person's words, wherever a log call or an error's fields put them.
const HIDDEN = [
  'token',
  'enrollment_code',
  'secret',
  'signing_secret',
  'authorization',
  'headers',
  'key',
  'text',
  'message_text',
  'body',
];

/**
 * The root logger of a program: one JSON line per entry on stdout, or words for a
 * person where stdout is a terminal. ERROR means that a person must act.
 * Take a child per part with `log.child({ part: 'dispatch' })`.
 */
export function createLog(program: string, level: LogLevel, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: { program },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: HIDDEN.flatMap((name) => [name, `*.${name}`]), censor: '[hidden]' },
  };
  if (destination) return pino(options, destination);
  return process.stdout.isTTY ? pino(options, pretty({ sync: true, ignore: 'program' })) : pino(options);
}
