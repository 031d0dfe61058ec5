import type { Terminology } from '../applescript/terminology.ts';
import { type MacosVersion, majorOf } from '../chat-db/columns.ts';

/** The words of Messages' scripting dictionary; `service`, `buddy` and `text chat` are its old names, still compiled. */
export function messagesTerms(version: MacosVersion): Terminology {
  const rcs: Record<string, string> = majorOf(version) >= 15 ? { rcs: 'RCS' } : {};
  return {
    classes: {
      account: 'account',
      service: 'account',
      participant: 'participant',
      buddy: 'participant',
      chat: 'chat',
      'text chat': 'chat',
      'file transfer': 'file transfer',
    },
    plurals: {
      accounts: 'account',
      services: 'account',
      participants: 'participant',
      buddies: 'participant',
      chats: 'chat',
      'text chats': 'chat',
      'file transfers': 'file transfer',
    },
    properties: [
      'service type',
      'connection status',
      'full name',
      'first name',
      'last name',
      'enabled',
      'handle',
      'description',
      'frontmost',
    ],
    constants: {
      imessage: 'iMessage',
      sms: 'SMS',
      ...rcs,
      connected: 'connected',
      disconnected: 'disconnected',
    },
    commands: { send: ['to'] },
  };
}
