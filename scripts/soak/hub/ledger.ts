import type { Plan } from './plans.ts';

/** A client system, as the soak set it up. */
export interface WorkspaceNote {
  readonly index: number;
  readonly locationId: string;
  readonly phones: readonly string[];
  readonly userId: string;
  /** Asks to be told of READ. */
  readonly tellsRead: boolean;
  readonly apiKey: string | undefined;
  /** Signing secrets by the time (epoch milliseconds) at which the soak learnt them. */
  readonly secrets: { readonly secret: string; readonly since: number }[];
}

/** What one client wanted to be sent, under one message_id. */
export interface MessageNote {
  readonly messageId: string;
  readonly workspace: number;
  readonly phone: string;
  /** Contents that were POSTed: more than one where a conflict was tried. */
  readonly texts: readonly string[];
  /** When its first POST began, and when it was first answered 200; `performance.now()`. */
  readonly askedAt: number;
  acceptedAt: number | undefined;
  /** Hub ids that answers named. */
  readonly ids: Set<string>;
  /** Contents that were answered 200, and 409. */
  readonly acceptedTexts: Set<string>;
  readonly refusedTexts: Set<string>;
  /** Answers 200 without `duplicate`. */
  fresh: number;
  /** POSTs that nobody answered: they may have been taken. */
  lost: number;
  /** Given up after a 503 or 429, which promised that nothing was accepted. */
  abandoned: boolean;
  /** The hub said that it was taken back before any device had it; `perhaps` where an answer was lost. */
  canceled: 'no' | 'yes' | 'perhaps';
  /** Every POST came to its end. */
  done: boolean;
}

/** A send that a device took on its disk, or refused. */
export interface SendNote {
  readonly id: string;
  readonly text: string;
  readonly to: string;
  /** The hub's id of the device. */
  readonly deviceId: string;
  readonly plan: Plan;
}

/** A message that a person wrote to a device. */
export interface ReceiptNote {
  readonly text: string;
  readonly workspace: number;
  readonly phone: string;
  readonly deviceId: string;
  /** Whether the hub must have it: `perhaps` when its device was removed before the hub acknowledged it. */
  expected: 'once' | 'perhaps';
}

/** What an event is known by: `<message_id> SENT`, or the text of a message that came in. */
export type EventKey = string;

export function statusKey(messageId: string, status: string): EventKey {
  return `${messageId} ${status}`;
}

/** What a device told, in the order of its journal. */
export interface Telling {
  readonly key: EventKey;
  readonly conversation: string;
}

/** What really happened, to be held against what the hub said and did. */
export class Ledger {
  readonly messages = new Map<string, MessageNote>();
  readonly sends: SendNote[] = [];
  readonly receipts = new Map<string, ReceiptNote>();
  /** By the hub's id of the device. */
  readonly tellings = new Map<string, Telling[]>();
  /** Devices that were removed, with which what they held ended. */
  readonly removedDevices = new Set<string>();
  /** webhook-ids that went out again by the operator's hand, out of their turn: they had been recorded or dead. */
  readonly replayed = new Set<string>();
  /** Contradictions that were seen as they happened. */
  readonly faults: string[] = [];
  /** What the storm did, by name. */
  readonly deeds = new Map<string, number>();

  did(deed: string): void {
    this.deeds.set(deed, (this.deeds.get(deed) ?? 0) + 1);
  }

  fault(sentence: string): void {
    this.faults.push(sentence);
  }

  tell(deviceId: string, telling: Telling): void {
    const tellings = this.tellings.get(deviceId) ?? [];
    tellings.push(telling);
    this.tellings.set(deviceId, tellings);
  }
}

export function conversationOf(workspace: number, phone: string): string {
  return `${workspace} ${phone}`;
}
