import { z } from 'zod';
import { APPLICATION } from './happenings/application.ts';
import { DATABASE } from './happenings/database.ts';
import { EDITS } from './happenings/edits.ts';
import { GROUPS } from './happenings/groups.ts';
import { askedSchema, type HappeningWorld } from './happenings/happening.ts';
import { PEOPLE } from './happenings/people.ts';
import { TRANSFERS } from './happenings/transfers.ts';

/** What else can happen without a script: the whole list. */
const HAPPENINGS = { ...PEOPLE, ...EDITS, ...GROUPS, ...TRANSFERS, ...APPLICATION, ...DATABASE };
type Name = keyof typeof HAPPENINGS;

export const happeningSchema = askedSchema.extend({
  happening: z.enum(Object.keys(HAPPENINGS) as [Name, ...Name[]]),
});
export type HappeningRequest = z.input<typeof happeningSchema>;

/** Lets it happen. Answers the guids of rows that were added or changed; throws a sentence when it cannot. */
export function happen(request: HappeningRequest, world: HappeningWorld): string[] {
  const asked = happeningSchema.parse(request);
  const [, run] = HAPPENINGS[asked.happening];
  return run(asked, world);
}

/** Name and help line of every happening. */
export function listHappenings(): [name: string, help: string][] {
  return Object.entries(HAPPENINGS).map(([name, [help]]) => [name, help]);
}
