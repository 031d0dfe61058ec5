import { describe, expect, test } from 'vitest';
import { type ChangeSignal, Changes } from '../../../hub/changes/changes.ts';
import type { Topic } from '../../../shared/api/changes.ts';
import { waitFor } from '../../kit/wait.ts';

/** Two hubs, each the only other one of the other. */
class TwoHubs implements Disposable {
  readonly signals: ChangeSignal[] = [];
  readonly told: Topic[][] = [];
  readonly here = this.#make(() => this.there);
  readonly there = this.#make(() => this.here);

  constructor() {
    this.here.connect((topics) => void this.told.push(topics));
  }

  #make(other: () => Changes): Changes {
    return new Changes((signal) => {
      this.signals.push(signal);
      other().receive(signal);
    });
  }

  [Symbol.dispose](): void {
    this.here[Symbol.dispose]();
    this.there[Symbol.dispose]();
  }
}

describe('what changed', () => {
  test('is told to nobody, not to another hub either, while no panel is open', async () => {
    using hubs = new TwoHubs();
    hubs.here.note(['messages']);
    hubs.there.note(['messages']);
    hubs.here.setWatched(true);
    hubs.here.note(['devices']);
    await waitFor('a word', () => hubs.told.length > 0);
    expect(hubs.told).toEqual([['devices']]);
    expect(hubs.signals).toEqual([{ topics: [], watching: true }]);
  });

  test('is told once, however much of it there is, and not again within a second', async () => {
    using hubs = new TwoHubs();
    hubs.here.setWatched(true);
    const times: number[] = [];
    hubs.here.connect(() => void times.push(performance.now()));
    const many = setInterval(() => hubs.here.note(['messages', 'deliveries']), 1);
    await waitFor('three words', () => times.length === 3);
    clearInterval(many);
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(990);
    expect(times[2]! - times[1]!).toBeGreaterThanOrEqual(990);
  });

  test('at another hub is told here, together with what changed here', async () => {
    using hubs = new TwoHubs();
    hubs.here.setWatched(true);
    hubs.there.note(['messages', 'deliveries']);
    await waitFor('the first word', () => hubs.told.length === 1);
    expect(hubs.told).toEqual([['messages', 'deliveries']]);
    expect(hubs.signals.at(-1)).toEqual({ topics: ['messages', 'deliveries'], watching: false });
  });

  test('in words of a newer hub is passed over', async () => {
    using hubs = new TwoHubs();
    hubs.here.setWatched(true);
    hubs.here.receive({ topics: ['telepathy'], watching: false });
    hubs.here.receive({ topics: ['telepathy', 'users'], watching: false });
    await waitFor('a word', () => hubs.told.length > 0);
    expect(hubs.told).toEqual([['users']]);
  });

  test('is told no more once the last panel is closed, or the hub stops', async () => {
    using hubs = new TwoHubs();
    hubs.here.setWatched(true);
    hubs.here.setWatched(false);
    hubs.here.note(['messages']);
    hubs.here.setWatched(true);
    hubs.here.note(['audit']);
    await waitFor('a word', () => hubs.told.length > 0);
    expect(hubs.told).toEqual([['audit']]);
    hubs.here[Symbol.dispose]();
    hubs.here.setWatched(true);
    hubs.here.note(['messages']);
    expect(hubs.told).toHaveLength(1);
  });
});
