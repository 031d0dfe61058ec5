import { z } from 'zod';

/** Query of every list. A misspelt filter is refused: passed over, it would list everything. */
export const pageQuerySchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50).meta({ description: 'Items per page.' }),
  cursor: z.string().min(1).max(500).optional().meta({ description: '`next_cursor` of the page before.' }),
});

/** A page of `item`s, newest first; of a schema with an id, `MessagePage`. */
export function pageSchema<Item extends z.ZodType>(item: Item) {
  const page = z.object({
    items: z.array(item),
    next_cursor: z.string().nullable().meta({ description: 'null on the last page.' }),
  });
  const { id } = item.meta() ?? {};
  return id === undefined ? page : page.meta({ id: `${id}Page` });
}

/** A time in a query or body, RFC 3339 with any offset; handlers see epoch milliseconds. */
export const instantSchema = z.iso
  .datetime({ offset: true, error: 'must be a time in RFC 3339, such as 2026-11-22T15:04:05Z' })
  .transform((text) => Date.parse(text));

/** Yes or no in a query. */
export const flagSchema = z.enum(['true', 'false']).transform((text) => text === 'true');

/** Query of lists that can be asked for a span of time. */
export const spanSchema = {
  since: instantSchema.optional().meta({ description: 'Not from before this time (RFC 3339).' }),
  until: instantSchema.optional().meta({ description: 'From before this time (RFC 3339).' }),
};

/** RFC 3339, UTC. */
export const timeSchema = z.iso.datetime({ offset: true });
