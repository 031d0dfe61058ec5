import type { Terminology } from './terminology.ts';
import type { AppObject, Value } from './values.ts';

/** How a script picked elements, with all values already known. */
export type ElementPick =
  | { readonly by: 'every' | 'some' | 'middle' }
  | { readonly by: 'index'; readonly index: Value }
  | { readonly by: 'id' | 'name'; readonly key: string };

export interface CallContext {
  /** The Apple event's time-out in seconds: 120 unless the script says `with timeout`. */
  readonly timeoutSeconds: number;
  /** Fires when the osascript process is gone; nothing more of the script runs. */
  readonly signal: AbortSignal;
}

/** An application that scripts can talk to. Its methods throw ScriptError as the application would answer. */
export interface ScriptableApplication {
  readonly name: string;
  readonly bundleId: string;
  readonly terms: Terminology;
  isRunning(): boolean;
  /**
   * Every Apple event passes here first: Automation permission, a dead, missing or stuck process. `command` is
   * undefined for events that only look.
   */
  admit(command: string | undefined, context: CallContext): Promise<void>;
  elements(container: AppObject, kind: string): readonly AppObject[];
  byId(container: AppObject, kind: string, id: string): AppObject;
  byName(container: AppObject, kind: string, name: string): AppObject;
  property(object: AppObject, name: string): Value;
  command(
    name: string,
    direct: Value | undefined,
    labelled: Readonly<Record<string, Value>>,
    context: CallContext,
  ): Promise<Value | undefined>;
}
