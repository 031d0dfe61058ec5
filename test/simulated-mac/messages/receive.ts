import { resolve } from 'node:path';
import { z } from 'zod';
import { actsOn, parseBehaviour } from '../behaviours.ts';
import type { ChatDatabase } from '../chat-db/chat-database.ts';
import type { MacosVersion } from '../chat-db/columns.ts';
import { type Account, canonicalAddress, directChat, groupChat } from './accounts.ts';
import type { AppState } from './app-state.ts';
import { type Incoming, planIncoming } from './incoming.ts';
import type { Memory } from './memory.ts';
import type { Steps } from './steps.ts';

const fileSchema = z.object({
  path: z.string(),
  name: z.string().optional(),
  endsAt: z.number().int().optional(),
  namedAfterMs: z.number().min(0).optional(),
  doneAfterMs: z.number().min(0).optional(),
  filename: z.string().nullable().optional(),
  hidden: z.boolean().optional(),
});

export const receiveSchema = z.object({
  from: z.string().min(1),
  text: z.string().default(''),
  service: z.enum(['iMessage', 'SMS', 'RCS']).default('iMessage'),
  /** Identifier of a group, e.g. chat831234567890123456; without it the conversation with the sender. */
  chat: z.string().optional(),
  members: z.array(z.string()).default([]),
  /** Display name of a group that is new with this message. */
  chatName: z.string().optional(),
  /** Groups to which the same message is joined as well. */
  alsoIn: z.array(z.string()).default([]),
  attachment: z.string().optional(),
  attachments: z.array(z.union([z.string(), fileSchema])).default([]),
  /** Guid and part of the message that this one answers. */
  replyTo: z.string().optional(),
  replyPart: z.number().int().min(0).default(0),
  /** Messages' name of an effect, such as com.apple.messages.effect.CKConfettiEffect. */
  effect: z.string().optional(),
  /** Cells of the message row that are to be as given, null too. */
  cells: z.record(z.string(), z.union([z.string(), z.number(), z.null()])).default({}),
  delayJoinMs: z.number().min(0).optional(),
  behaviour: z.string().default('normal'),
  date: z.number().optional(),
});
export type ReceiveRequest = z.input<typeof receiveSchema>;

/** The new row, and the moment (epoch milliseconds) its commit returned. ROWID 0: Messages sleeps. */
export interface Received {
  readonly rowid: number;
  readonly guid: string;
  readonly at: number;
}

export interface ReceiveWorld {
  readonly macos: MacosVersion;
  readonly home: string;
  readonly pace: number;
  readonly accounts: readonly Account[];
  readonly memory: Memory;
  readonly db: ChatDatabase;
  readonly steps: Steps;
  readonly state: AppState;
}

function accountOf(world: ReceiveWorld, service: string): Account {
  const account = world.accounts.find((candidate) => candidate.service === service);
  if (account === undefined)
    throw new Error(`This simulated Mac (${world.macos}) has no ${service} account.`);
  return account;
}

function messageOf(world: ReceiveWorld, wanted: z.output<typeof receiveSchema>): Incoming {
  const { macos } = world;
  const account = accountOf(world, wanted.service);
  const from = canonicalAddress(wanted.from);
  const members = [...new Set([from, ...wanted.members.map(canonicalAddress)])];
  const group = (identifier: string) => groupChat(macos, account, identifier, members, wanted.chatName);
  const files = [...(wanted.attachment === undefined ? [] : [wanted.attachment]), ...wanted.attachments].map(
    (file) => (typeof file === 'string' ? { path: file } : file),
  );
  const first = wanted.chat === undefined ? directChat(macos, account, from) : group(wanted.chat);
  const reply = {
    thread_originator_guid: wanted.replyTo ?? null,
    thread_originator_part: `${wanted.replyPart}:0:1`,
  };
  return {
    guid: crypto.randomUUID().toUpperCase(),
    from,
    account,
    chats: [first, ...wanted.alsoIn.map(group)],
    text: wanted.text,
    files: files.map((file) => ({ ...file, path: resolve(file.path) })),
    date: wanted.date ?? Date.now(),
    joinAfterMs: wanted.delayJoinMs,
    cells: {
      ...(wanted.replyTo === undefined ? {} : reply),
      ...(wanted.effect === undefined ? {} : { expressive_send_style_id: wanted.effect }),
      ...wanted.cells,
    },
  };
}

/** Lets a message arrive; while Messages sleeps it arrives at the next Apple event. Throws a sentence when it cannot. */
export function receive(request: ReceiveRequest, world: ReceiveWorld): Received {
  const wanted = receiveSchema.parse(request);
  const message = messageOf(world, wanted);
  const told =
    wanted.behaviour === 'normal'
      ? (world.memory.takeBehaviour(message.from, actsOn('receive')) ?? 'normal')
      : wanted.behaviour;
  const { steps, parked } = planIncoming(world.macos, message, parseBehaviour(told), world.home, world.pace);
  for (const [name, waiting] of parked) world.steps.park(name, waiting);
  world.state.whenAwake(steps);
  return {
    guid: message.guid,
    rowid: world.db.rowidOf(message.guid) ?? 0,
    at: performance.timeOrigin + performance.now(),
  };
}
