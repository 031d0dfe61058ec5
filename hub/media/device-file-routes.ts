import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import { ApiError } from '../../shared/api/errors.ts';
import { fileSchema, MAX_FILE_BYTES } from '../../shared/wire/files.ts';
import { defineRoute, type OpenBody, type Route, type RouteResponse } from '../api/route.ts';
import { Throttle, throttleKey } from '../api/throttle.ts';
import { hashToken } from '../credentials/tokens.ts';
import type { FileStore } from '../store/files.ts';
import type { DeviceStore } from '../store/store.ts';
import type { AnswerPlaces } from './answer-places.ts';
import type { MediaFolder } from './media-folder.ts';
import { UNKNOWN_TYPE } from './types.ts';
import { type Uploads, WrongOffsetError } from './uploads.ts';

export interface DeviceFileDependencies {
  store: Pick<FileStore, 'findFile' | 'touchFile' | 'findGrantedFile'> &
    Pick<DeviceStore, 'findDeviceByToken'>;
  folder: MediaFolder;
  uploads: Uploads;
  places: AnswerPlaces;
  now: () => number;
}

const BASE = {
  path: '/devices/files/:sha256',
  auth: 'none',
  credential: 'deviceToken',
  tag: 'devices',
} as const;
const FAILURES = { failures: 30, seconds: 60 };

type Identify = (request: { authorization: string | undefined; source: string }) => Promise<string>;

/** How devices get the files of what they are to send, and hand over those of what they received. */
export function deviceFileRoutes(dependencies: DeviceFileDependencies): Route[] {
  const identify = createIdentify(dependencies.store);
  return [
    downloadRoute(dependencies, identify),
    statusRoute(dependencies, identify),
    uploadRoute(dependencies, identify),
  ];
}

/** Answers whose token it is. Throws unauthorized, and rate_limited for a source with too many wrong ones. */
function createIdentify(store: Pick<DeviceStore, 'findDeviceByToken'>): Identify {
  const throttle = new Throttle(FAILURES);
  return async ({ authorization, source }) => {
    const token = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
    const device = token ? await store.findDeviceByToken(hashToken(token)) : undefined;
    if (device) return device.id;
    const key = throttleKey(source);
    await throttle.check(key);
    await throttle.countFailure(key);
    throw new ApiError('unauthorized', 'This needs "Authorization: Bearer <token of a paired device>".');
  };
}

function downloadRoute({ store, folder, places }: DeviceFileDependencies, identify: Identify): Route {
  return defineRoute({
    ...BASE,
    method: 'get',
    summary: 'Reads a file of a message that was given to the device; a Range reads a part.',
    response: {
      status: 200,
      description: 'The file.',
      schema: z.string(),
      contentType: UNKNOWN_TYPE,
    },
    errors: ['unauthorized', 'not_found', 'range_not_satisfiable', 'rate_limited', 'unavailable'],
    handle: async ({ params, authorization, source }) => {
      const deviceId = await identify({ authorization, source });
      const file = await store.findGrantedFile(deviceId, readHash(params));
      if (!file) throw new ApiError('not_found', 'No message that was given to this device has this file.');
      const leave = await places.take(deviceId);
      return {
        status: 200,
        file: folder.pathOf(file.sha256),
        onSent: leave,
        headers: { 'content-type': UNKNOWN_TYPE, etag: `"${file.sha256}"` },
      };
    },
  });
}

function statusRoute({ store, folder, uploads, now }: DeviceFileDependencies, identify: Identify): Route {
  return defineRoute({
    ...BASE,
    method: 'head',
    summary:
      'Tells whether the hub has a file whole; else 404 with Upload-Offset, how much of it this device uploaded.',
    response: { status: 200, description: 'It has.' },
    errors: ['unauthorized', 'not_found', 'rate_limited'],
    handle: async ({ params, authorization, source }) => {
      const deviceId = await identify({ authorization, source });
      const sha256 = readHash(params);
      // Asked for because a message is about to name it.
      const file = (await store.findFile(sha256)) && (await store.touchFile(sha256, now()));
      if (file && (await folder.has(sha256)))
        return { status: 200, headers: { 'upload-offset': String(file.size) } };
      return { status: 404, headers: offsetHeader(await uploads.offsetOf(deviceId, sha256)) };
    },
  });
}

function uploadRoute({ store, folder, uploads }: DeviceFileDependencies, identify: Identify): Route {
  return defineRoute({
    ...BASE,
    method: 'patch',
    summary:
      'Appends to a file at Upload-Offset of Upload-Length bytes; whole, it must have the SHA-256 of its address.',
    streamBody: true,
    response: { status: 204, description: 'Kept; Upload-Offset tells how much the hub has.' },
    errors: [
      'unauthorized',
      'invalid_field',
      'conflict',
      'payload_too_large',
      'checksum_mismatch',
      'rate_limited',
      'unavailable',
    ],
    handle: async ({ params, authorization, source, headers, body }): Promise<RouteResponse> => {
      const deviceId = await identify({ authorization, source });
      const sha256 = readHash(params);
      const length = readCount(headers, 'upload-length');
      const offset = readCount(headers, 'upload-offset');
      if (length > MAX_FILE_BYTES)
        throw new ApiError('payload_too_large', `The hub takes files of up to ${MAX_FILE_BYTES} bytes.`);
      if (offset > length) throw refuseHeader('upload-offset', 'lies beyond Upload-Length');
      const whole = await store.findFile(sha256);
      if (whole && (await folder.has(sha256))) return { status: 204, headers: offsetHeader(whole.size) };
      try {
        const has = await uploads.append({
          deviceId,
          sha256,
          offset,
          length,
          body: (body as unknown as OpenBody)(),
        });
        return { status: 204, headers: offsetHeader(has) };
      } catch (error) {
        if (!(error instanceof WrongOffsetError)) throw error;
        const conflict = new ApiError('conflict', `The hub has ${error.offset} bytes of this file.`);
        return { status: conflict.status, body: conflict.body, headers: offsetHeader(error.offset) };
      }
    },
  });
}

function offsetHeader(offset: number): Record<string, string> {
  return { 'upload-offset': String(offset) };
}

function readHash({ sha256 }: Record<string, string>): string {
  const parsed = fileSchema.shape.sha256.safeParse(sha256);
  if (parsed.success) return parsed.data;
  throw new ApiError('not_found', 'A file is named by the 64 lower-case hex digits of its SHA-256.');
}

function readCount(headers: IncomingHttpHeaders, name: string): number {
  const value = headers[name];
  if (typeof value !== 'string') throw refuseHeader(name, 'is missing');
  if (!/^\d{1,15}$/.test(value)) throw refuseHeader(name, 'must be a number of bytes');
  return Number(value);
}

function refuseHeader(field: string, fault: string): ApiError {
  const message = `The header ${field} ${fault}.`;
  return new ApiError('invalid_field', message, { details: [{ field, message }] });
}
