import { failure } from '../../../shared/failure-codes.ts';
import type { Acceptance } from '../../../shared/wire/acceptance.ts';
import type { JournalEntry } from '../../../shared/wire/journal.ts';
import type { Send } from '../../../shared/wire/send.ts';
import type { Random } from '../random.ts';
import type { DeviceJournal } from './device-journal.ts';
import { conversationOf, type Ledger, statusKey } from './ledger.ts';
import { type Plan, pickPlan } from './plans.ts';

/** Time between one status of a send and the next. */
const STEP_MS = [20, 1_500] as const;

/** What a device has on its disk of sends, and what comes of each. */
export class DeviceMemory {
  /** Sends with more to report. */
  open = 0;
  #stopped = false;
  readonly #plans = new Map<string, Plan>();
  readonly #contacts: { workspace: number; phone: string }[] = [];
  readonly #known = new Set<string>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #deviceId: string;
  readonly #journal: DeviceJournal;
  readonly #random: Random;
  readonly #ledger: Ledger;

  constructor(
    deviceId: string,
    journal: DeviceJournal,
    { random, ledger }: { random: Random; ledger: Ledger },
  ) {
    this.#deviceId = deviceId;
    this.#journal = journal;
    this.#random = random;
    this.#ledger = ledger;
  }

  /** A send that was seen before is answered again, and not made again. */
  take(send: Send): Acceptance {
    const known = this.#plans.get(send.id);
    const plan = known ?? pickPlan(this.#random);
    if (known === undefined) this.#begin(send, plan);
    else this.#ledger.did('offers repeated');
    const { id } = send;
    if (plan.refusal === undefined) return { id, accepted: true };
    return { id, accepted: false, error: failure(plan.refusal) };
  }

  /** A person whom the device wrote to answers. Answers false while there is nobody. */
  receive(text: string, guid: string): boolean {
    if (this.#stopped || this.#contacts.length === 0) return false;
    const { workspace, phone } = this.#random.pick(this.#contacts);
    const entry: JournalEntry = {
      kind: 'message',
      guid,
      from: phone,
      from_me: false,
      channel: 'imessage',
      text,
      at: Date.now(),
      attachments: [],
    };
    const { receipts } = this.#ledger;
    receipts.set(text, { text, workspace, phone, deviceId: this.#deviceId, expected: 'once' });
    this.#ledger.tell(this.#deviceId, { key: text, conversation: conversationOf(workspace, phone) });
    this.#journal.add(entry);
    if (this.#random.chance(0.05)) this.#journal.add(entry);
    return true;
  }

  /** Says something about a send that another device made. */
  meddle(id: string): void {
    if (this.#plans.has(id)) return;
    this.#journal.add({ kind: 'status', id, status: 'FAILED', channel: 'imessage', at: Date.now() });
  }

  /** Goes with the device; the hub may have it all the same, where only its answer was lost. */
  lose(entries: readonly JournalEntry[]): void {
    for (const entry of entries) {
      const receipt = entry.kind === 'message' && this.#ledger.receipts.get(entry.text);
      if (receipt) receipt.expected = 'perhaps';
    }
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #begin(send: Send, plan: Plan): void {
    this.#plans.set(send.id, plan);
    this.#ledger.sends.push({ id: send.id, text: send.text, to: send.to, deviceId: this.#deviceId, plan });
    const messageId = send.text.split(' ')[0] ?? '';
    const note = this.#ledger.messages.get(messageId);
    if (note === undefined || plan.refusal !== undefined) return;
    const conversation = conversationOf(note.workspace, note.phone);
    if (!this.#known.has(conversation)) {
      this.#known.add(conversation);
      this.#contacts.push(note);
    }
    this.open += 1;
    this.#report(send.id, { plan, at: 0, messageId, conversation });
  }

  #report(
    id: string,
    {
      plan,
      at,
      messageId,
      conversation,
    }: { plan: Plan; at: number; messageId: string; conversation: string },
  ): void {
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer);
        const step = plan.steps[at];
        if (step === undefined) return;
        const { status, code, tells } = step;
        for (const told of tells)
          this.#ledger.tell(this.#deviceId, { key: statusKey(messageId, told), conversation });
        const error = code === undefined ? {} : { error: failure(code) };
        const guid = `sent ${id}`;
        this.#journal.add({
          kind: 'status',
          id,
          status,
          channel: plan.channel,
          at: Date.now(),
          guid,
          ...error,
        });
        if (at + 1 < plan.steps.length) this.#report(id, { plan, at: at + 1, messageId, conversation });
        else this.open -= 1;
      },
      this.#random.between(...STEP_MS),
    );
    this.#timers.add(timer);
  }
}
