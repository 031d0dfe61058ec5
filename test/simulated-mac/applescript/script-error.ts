/** A range of the script's source, in UTF-16 units from 0, end exclusive. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/**
 * An error as AppleScript raises it. `app` is set when an application answered with it. `compile` errors refuse the
 * whole script before its first statement runs.
 */
export class ScriptError extends Error {
  readonly number: number;
  readonly app: string | undefined;
  readonly compile: boolean;
  range: Range | undefined;

  constructor(
    number: number,
    message: string,
    options: { app?: string; range?: Range; compile?: boolean } = {},
  ) {
    super(message);
    this.name = 'ScriptError';
    this.number = number;
    this.app = options.app;
    this.range = options.range;
    this.compile = options.compile ?? false;
  }
}

export const SYNTAX_ERROR = -2741;
export const UNDEFINED_VARIABLE = -2753;
export const NO_SUCH_OBJECT = -1728;
export const BAD_COERCION = -1700;
export const BAD_INDEX = -1719;
export const NOT_HANDLED = -1708;
export const NOT_PERMITTED = -1743;
export const NOT_RUNNING = -600;
export const CONNECTION_INVALID = -609;
export const TIMED_OUT = -1712;
export const FILE_NOT_FOUND = -43;
export const END_OF_FILE = -39;
export const CANNOT_SET = -10006;
export const USER_CANCELED = -128;
export const STACK_OVERFLOW = -2706;
export const NUMERIC_OVERFLOW = -2702;
export const DIVIDE_BY_ZERO = -2701;
export const GENERIC = -2700;

/** What `osascript` prints on stderr for an error, without the newline. */
export function describeScriptError(error: ScriptError, fileName: string | undefined): string {
  const at = error.range ?? { start: 0, end: 0 };
  const kind = error.compile ? 'syntax error' : 'execution error';
  const app = error.app === undefined ? '' : `${error.app} got an error: `;
  const file = fileName === undefined ? '' : `${fileName}:`;
  return `${file}${at.start}:${at.end}: ${kind}: ${app}${error.message} (${error.number})`;
}
