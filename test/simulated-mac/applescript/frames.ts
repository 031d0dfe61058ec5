import type { CallContext, ScriptableApplication } from './application.ts';
import { ScriptError, USER_CANCELED } from './script-error.ts';
import type { Handler } from './syntax.ts';
import type { Value } from './values.ts';

/** What a script sees of the world. `env` and `cwd` are the osascript process's own. */
export interface ScriptHost {
  readonly applications: readonly ScriptableApplication[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly signal: AbortSignal;
  log(line: string): void;
}

/** The state that statements change and expressions read. */
export interface Frame {
  readonly locals: Map<string, Value>;
  readonly globalNames: Set<string>;
  readonly tells: Value[];
  timeoutSeconds: number;
  considerCase: boolean;
  ignoreResponses: boolean;
}

export interface Program {
  readonly host: ScriptHost;
  readonly globals: Map<string, Value>;
  readonly properties: Map<string, Value>;
  delimiters: string[];
  result: Value | undefined;
  callHandler(name: string, args: readonly Value[], caller: Frame): Promise<Value | undefined>;
  handler(name: string): Handler | undefined;
}

/** What an application is told about the Apple event that it gets. */
export function eventContext(frame: Frame, program: Program): CallContext {
  return { timeoutSeconds: frame.timeoutSeconds, signal: program.host.signal };
}

/** Waits, unless the osascript process dies first. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((done, refuse) => {
    const cancel = () => {
      clearTimeout(timer);
      refuse(new ScriptError(USER_CANCELED, 'User canceled.'));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', cancel);
      done();
    }, ms);
    if (signal.aborted) cancel();
    else signal.addEventListener('abort', cancel, { once: true });
  });
}
