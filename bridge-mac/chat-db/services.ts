import type { Channel } from '../../shared/channels.ts';

/** The channel of a `service` column. Since macOS 26 chats' guids say `any`; the message's own column still tells. */
export function channelOf(service: string | null): Channel {
  switch (service?.toLowerCase()) {
    case 'sms':
      return 'sms';
    case 'rcs':
      return 'rcs';
    default:
      return 'imessage';
  }
}
