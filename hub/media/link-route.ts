import { z } from 'zod';
import { ApiError } from '../../shared/api/errors.ts';
import { defineRoute, type Route } from '../api/route.ts';
import { throttleKey } from '../api/throttle.ts';
import type { FileStore } from '../store/files.ts';
import type { AnswerPlaces } from './answer-places.ts';
import type { LinkSigner } from './links.ts';
import type { MediaFolder } from './media-folder.ts';
import { servedType, UNKNOWN_TYPE } from './types.ts';

export interface LinkRouteDependencies {
  store: Pick<FileStore, 'findFile'>;
  folder: MediaFolder;
  links: LinkSigner;
  places: AnswerPlaces;
  now: () => number;
}

const querySchema = z.object({ expires: z.string().max(15), signature: z.string().max(64) });

/**
 * GET /media/…: a file of an incoming message for whoever holds the signed link. Anybody may have sent it, so it is served
 * as what its bytes are, and in no way that a browser would run.
 */
export function linkRoute({ store, folder, links, places, now }: LinkRouteDependencies): Route {
  return defineRoute({
    method: 'get',
    path: '/media/:sha256/:name',
    auth: 'none',
    tag: 'client',
    summary: 'Reads a file of an incoming message by the signed link in its event; a Range reads a part.',
    query: querySchema,
    response: { status: 200, description: 'The file.', schema: z.string(), contentType: UNKNOWN_TYPE },
    errors: ['forbidden', 'not_found', 'gone', 'range_not_satisfiable', 'unavailable'],
    handle: async ({ params: { sha256 = '', name = '' }, query: { expires, signature }, source }) => {
      links.check({ sha256, name, expires, signature }, now());
      const file = await store.findFile(sha256);
      if (!file) throw new ApiError('not_found', 'The hub does not have this file any more.');
      const { type, inline } = servedType(file.mime_type);
      const leave = await places.take(throttleKey(source));
      return {
        status: 200,
        file: folder.pathOf(sha256),
        onSent: leave,
        headers: {
          'content-type': type,
          'content-disposition': `${inline ? 'inline' : 'attachment'}; ${spellName(name)}`,
          'content-security-policy': "default-src 'none'; sandbox",
          'x-content-type-options': 'nosniff',
          // Pages of client systems show pictures from here.
          'cross-origin-resource-policy': 'cross-origin',
          'referrer-policy': 'no-referrer',
          'cache-control': 'private, max-age=3600, immutable',
          etag: `"${sha256}"`,
        },
      };
    },
  });
}

/** RFC 6266: a plain name for old readers, the right one in UTF-8 beside it. */
function spellName(name: string): string {
  const plain = name.replace(/[^\x20-\x7e]/g, '_').replace(/["\\%]/g, '_');
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `filename="${plain}"; filename*=UTF-8''${encoded}`;
}
