import { z } from 'zod';

/** Ways a message can travel, as clients name them. */
export const CHANNELS = ['imessage', 'sms', 'rcs', 'whatsapp'] as const;
export const channelSchema = z.enum(CHANNELS);
export type Channel = z.infer<typeof channelSchema>;

/** Kinds of device. */
const DEVICE_KINDS = ['mac', 'android', 'whatsapp'] as const;
export const deviceKindSchema = z.enum(DEVICE_KINDS);
export type DeviceKind = z.infer<typeof deviceKindSchema>;

/** What a device of a kind serves when nothing else is said. A Mac's SMS and RCS need a forwarding iPhone. */
export const CHANNELS_OF_KIND: Record<DeviceKind, readonly Channel[]> = {
  mac: ['imessage', 'sms', 'rcs'],
  android: ['sms'],
  whatsapp: ['whatsapp'],
};
