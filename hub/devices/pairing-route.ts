import type { Logger } from 'pino';
import { ApiError } from '../../shared/api/errors.ts';
import {
  PAIRING_PATH,
  type PairRequest,
  pairRequestSchema,
  pairResponseSchema,
} from '../../shared/api/pairing.ts';
import { PROTOCOL_VERSION } from '../../shared/wire/protocol-version.ts';
import { parseJson } from '../api/parse-json.ts';
import { defineRoute, type Route } from '../api/route.ts';
import { Throttle, throttleKey } from '../api/throttle.ts';
import { validateInput } from '../api/validate.ts';
import { createToken, hashCode, hashToken } from '../credentials/tokens.ts';
import type { DeviceStore } from '../store/store.ts';

export interface PairingDependencies {
  store: Pick<DeviceStore, 'redeemEnrollment'>;
  log: Logger;
  now: () => number;
}

// 40 random bits against 300 guesses within a code's life, however many machines guess.
const EVERYONE = { failures: 300, seconds: 600 };
const ONE_SOURCE = { failures: 10, seconds: 60 };

/** POST /api/pair: a device trades its one-time code for a credential. */
export function pairingRoute({ store, log, now }: PairingDependencies): Route {
  const everyone = new Throttle(EVERYONE);
  const sources = new Throttle(ONE_SOURCE);
  return defineRoute({
    method: 'post',
    path: PAIRING_PATH,
    operationId: 'pairDevice',
    auth: 'none',
    tag: 'devices',
    summary: 'Trades a one-time enrollment code for a device credential.',
    body: pairRequestSchema,
    rawBody: true,
    response: { status: 201, description: 'The credential, shown only here.', schema: pairResponseSchema },
    errors: ['invalid_code', 'unsupported_protocol', 'rate_limited'],
    handle: async ({ body, source }) => {
      const key = throttleKey(source);
      await sources.check(key);
      await everyone.check('everyone');
      const request = readPairRequest(body);
      const token = createToken();
      const device = await store.redeemEnrollment(
        {
          code_hash: hashCode(request.code),
          token_hash: hashToken(token),
          kind: request.kind,
          bridge_version: request.bridge_version,
          os_version: request.os_version,
          hostname: request.hostname,
        },
        now(),
      );
      if (!device) {
        await Promise.all([sources.countFailure(key), everyone.countFailure('everyone')]);
        log.info({ source }, 'a pairing code was refused');
        throw new ApiError(
          'invalid_code',
          `No ${request.kind === 'mac' ? 'Mac' : request.kind} is waiting with this code: it is wrong, was used already, or has expired. Create a new one in the hub.`,
          { details: [{ field: 'code', message: 'The code is wrong, was used already, or has expired.' }] },
        );
      }
      log.info({ device_id: device.id, source }, 'device paired');
      return { status: 201, body: { device_id: device.id, device_name: device.name, token } };
    },
  });
}

// Another protocol may word the rest of its request otherwise, so its number is judged first.
function readPairRequest(body: unknown): PairRequest {
  const json = parseJson(body as Buffer);
  const protocol: unknown =
    typeof json === 'object' && json !== null && 'protocol' in json ? json.protocol : undefined;
  if (Number.isInteger(protocol) && protocol !== PROTOCOL_VERSION)
    throw new ApiError(
      'unsupported_protocol',
      `This device speaks protocol ${protocol}, and the hub speaks protocol ${PROTOCOL_VERSION}: install the same version of Bluewire on both.`,
    );
  return validateInput(pairRequestSchema, json) as PairRequest;
}
