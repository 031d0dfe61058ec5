import { z } from 'zod';
import type { ChatDatabase } from '../../chat-db/chat-database.ts';
import type { MacosVersion } from '../../chat-db/columns.ts';
import type { Account } from '../accounts.ts';
import type { AppState } from '../app-state.ts';
import type { LoadedChats } from '../loaded-chats.ts';
import type { Memory } from '../memory.ts';
import type { Steps } from '../steps.ts';

/** What can be said about a happening. Which of it counts is in the happening's help line. */
export const askedSchema = z.object({
  /** The person it happens with. */
  with: z.string().default(''),
  text: z.string().default(''),
  /** A message other than the last one. */
  guid: z.string().optional(),
  /** Identifier of a group. */
  chat: z.string().default(''),
  /** Another person it is about. */
  about: z.string().default(''),
  /** The owner does it, not the person. */
  me: z.boolean().default(false),
  /** Of a tapback: 2000 … 2007, 3000 … 3007. */
  type: z.number().int().default(2000),
  part: z.number().int().min(0).default(0),
  emoji: z.string().optional(),
  /** How many. */
  count: z.number().int().positive().optional(),
  /** Milliseconds between one and the next, in real time. */
  everyMs: z.number().min(0).default(0),
  /** For `change-row`: the table and its cells. */
  table: z.enum(['message', 'attachment', 'chat']).default('message'),
  cells: z.record(z.string(), z.union([z.string(), z.number(), z.null()])).default({}),
  /** For `schema-upgrade`: to which macOS. */
  macos: z.string().default('macos-27'),
});
export type Asked = z.output<typeof askedSchema>;

export interface HappeningWorld {
  readonly version: MacosVersion;
  readonly home: string;
  readonly pace: number;
  readonly accounts: readonly Account[];
  readonly memory: Memory;
  readonly db: ChatDatabase;
  readonly chats: LoadedChats;
  readonly steps: Steps;
  readonly state: AppState;
}

/** Its help line, and what it does: answers the guids of the rows it made or changed. */
export type Happening = readonly [help: string, run: (asked: Asked, world: HappeningWorld) => string[]];
