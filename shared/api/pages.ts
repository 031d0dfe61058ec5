import { z } from 'zod';

/** Query of every list. */
export const pageQuerySchema = z.object({
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

/** RFC 3339, UTC. */
export const timeSchema = z.iso.datetime({ offset: true });
