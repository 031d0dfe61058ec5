import type { Logger } from 'pino';
import { type Hello, helloSchema, type Refusal } from '../../shared/wire/hello.ts';
import { PROTOCOL_VERSION } from '../../shared/wire/protocol-version.ts';
import { hashToken } from '../credentials/tokens.ts';
import type { Device } from '../store/records.ts';
import type { DeviceStore } from '../store/store.ts';

export type Admission = { device: Device; hello: Hello } | { refusal: Refusal };

/**
 * Judges what a device said on connecting. Another protocol is refused before anything else is read, since it may
 * word the rest of its hello otherwise.
 */
export async function admitDevice(
  said: unknown,
  store: Pick<DeviceStore, 'findDeviceByToken'>,
  log: Logger,
): Promise<Admission> {
  const protocol: unknown =
    typeof said === 'object' && said !== null && 'protocol' in said ? said.protocol : undefined;
  if (Number.isInteger(protocol) && protocol !== PROTOCOL_VERSION)
    return refuse(
      'unsupported_protocol',
      `This device speaks protocol ${protocol}, and the hub speaks protocol ${PROTOCOL_VERSION}: install the same version of Bluewire on both.`,
    );
  const hello = helloSchema.safeParse(said);
  if (!hello.success) {
    const fields = hello.error.issues.map((issue) => issue.path.join('.') || 'hello').join(', ');
    return refuse('invalid_hello', `The hub does not understand this device's hello (${fields}).`);
  }
  try {
    const device = await store.findDeviceByToken(hashToken(hello.data.token));
    if (device) return { device, hello: hello.data };
  } catch (error) {
    log.warn({ err: error }, 'a device could not be admitted because the store is unavailable');
    return refuse(
      'unavailable',
      'The hub cannot read its database right now; it asks the device to try again.',
    );
  }
  return refuse(
    'unauthorized',
    "The hub does not know this device's credential: it was removed there. Pair it again with a new code.",
  );
}

function refuse(code: Refusal['code'], message: string): { refusal: Refusal } {
  return { refusal: { code, message, hub_protocol: PROTOCOL_VERSION } };
}
