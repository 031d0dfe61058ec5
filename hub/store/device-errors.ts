import type { Channel } from '../../shared/channels.ts';

/** A device that the caller does not see serves the channel. */
export class ChannelInUseError extends Error {
  override readonly name = 'ChannelInUseError';
  readonly channel: Channel;

  constructor(channel: Channel) {
    super(`A device out of sight serves ${channel}.`);
    this.channel = channel;
  }
}

export class UnknownDeviceError extends Error {
  override readonly name = 'UnknownDeviceError';
  readonly deviceId: string;

  constructor(deviceId: string) {
    super(`There is no device with the id ${deviceId}.`);
    this.deviceId = deviceId;
  }
}
