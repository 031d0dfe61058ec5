import type { Happening, HappeningWorld } from './happening.ts';

function quietly(run: (world: HappeningWorld) => void): Happening[1] {
  return (_asked, world) => {
    run(world);
    return [];
  };
}

export const APPLICATION = {
  'messages-quits': [
    'Messages is gone: −600 until `open` or a script’s `launch` starts it',
    quietly(({ state }) => state.end()),
  ],
  'messages-opens': ['Messages starts', quietly(({ state }) => state.start())],
  'messages-stuck': [
    'Messages answers no Apple event (−1712 after the time-out) until it is killed and opened',
    quietly(({ state }) => state.getStuck()),
  ],
  'messages-sleeps': [
    'what people write arrives only after the next Apple event, as on an idle headless Mac',
    quietly(({ state }) => state.fallAsleep()),
  ],
  'automation-reset': [
    'the permission to control Messages is forgotten: the next Apple event waits for a person (−1743 after two minutes)',
    quietly(({ state }) => state.setAutomation('unasked')),
  ],
  'automation-allowed': ['a person allows it', quietly(({ state }) => state.setAutomation('granted'))],
  'automation-refused': ['a person refuses it', quietly(({ state }) => state.setAutomation('denied'))],
} as const satisfies Record<string, Happening>;
