import type { MacosVersion } from '../chat-db/columns.ts';
import type { AppState } from '../messages/app-state.ts';
import type { Memory } from '../messages/memory.ts';

/** How a tool ends, if it does. */
export interface ToolAnswer {
  readonly stdout?: string;
  readonly stderr?: string;
  readonly code?: number;
  /** It stays until it is killed. */
  readonly hangs?: boolean;
  /** It stays until this process is gone. */
  readonly whilePid?: number;
}

export interface ToolCall {
  readonly argv: readonly string[];
  readonly cwd: string;
  /** Of the user who runs it. */
  readonly uid: number;
}

export interface ToolWorld {
  readonly version: MacosVersion;
  readonly memory: Memory;
  readonly state: AppState;
}

export type Tool = (call: ToolCall, world: ToolWorld) => ToolAnswer;

export function refused(stderr: string, code = 1): ToolAnswer {
  return { stderr: `${stderr}\n`, code };
}
