import type { Send } from '../../../shared/wire/send.ts';

/** A send as the hub offers it until the bridge says yes. */
export type Offer = Partial<Send> & { id: string };

/** A send that was offered to the bridge. */
export interface SendNote {
  readonly id: string;
  readonly to: string;
  /** What must leave, each once: the words, or a file by its SHA-256. */
  readonly text: string;
  readonly files: readonly string[];
  /** What Messages was told to do with it. */
  readonly behaviour: string;
  readonly offer: Offer;
  /** Why the bridge did not accept it: then it must not leave. */
  refusal: string | undefined;
}

/** A message that people wrote. `guid` is unknown when Messages died while it took it. */
export interface ReceiptNote {
  readonly text: string;
  guid: string | undefined;
  readonly conversation: string;
  readonly group: string | undefined;
  readonly behaviour: string;
  readonly files: readonly { readonly name: string; readonly sha256: string }[];
  /** Whether it must be told, must not be, or may be (Messages died meanwhile, or lost it again). */
  expected: 'once' | 'never' | 'perhaps';
  /** Its place in the conversation counts: its chat was joined in time. */
  readonly ordered: boolean;
}

/** What really happened, to be held against what the bridge said. */
export class Ledger {
  readonly sends: SendNote[] = [];
  readonly receipts: ReceiptNote[] = [];
  /** Guids of rows that are the owner's own: told as echoes. */
  readonly echoes: string[] = [];
  /** Guids of rows that must never be told as messages. */
  readonly silent: string[] = [];
  /** Guids of old messages that came again. One may be told if what it repeats was not. */
  readonly replays: string[] = [];
  /** Guid of a tapback → perhaps lost with a database. */
  readonly reactions: string[] = [];
  /** By guid of the message: the words it was edited to; `expected` as of a receipt. */
  readonly edits = new Map<string, { readonly text: string; expected: 'once' | 'perhaps' }>();
  /** What the storm did, by name. */
  readonly deeds = new Map<string, number>();

  did(deed: string): void {
    this.deeds.set(deed, (this.deeds.get(deed) ?? 0) + 1);
  }
}
