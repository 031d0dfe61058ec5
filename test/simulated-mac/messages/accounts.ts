import type { ChatSpec } from '../chat-db/chat-database.ts';
import { type MacosVersion, majorOf } from '../chat-db/columns.ts';
import type { Memory } from './memory.ts';

export type Service = 'iMessage' | 'SMS' | 'RCS';

/** One sending account of Messages. RCS exists since macOS 15 and is never enabled for scripting. */
export interface Account {
  readonly guid: string;
  readonly service: Service;
  readonly enabled: boolean;
  /** As in `message.account`: `E:` and an e-mail address, or `p:` and a number. */
  readonly login: string;
}

export const OWN_NUMBER = '+12145550199';
export const OWN_EMAIL = 'simulated.mac@example.com';

export function accountsOf(version: MacosVersion, memory: Memory, withSms: boolean): Account[] {
  const guid = (service: Service) =>
    memory.setting(`account ${service}`, () => crypto.randomUUID().toUpperCase());
  const accounts: Account[] = [
    { guid: guid('iMessage'), service: 'iMessage', enabled: true, login: `E:${OWN_EMAIL}` },
  ];
  if (withSms) accounts.push({ guid: guid('SMS'), service: 'SMS', enabled: true, login: `p:${OWN_NUMBER}` });
  if (majorOf(version) >= 15)
    accounts.push({ guid: guid('RCS'), service: 'RCS', enabled: false, login: `p:${OWN_NUMBER}` });
  return accounts;
}

/** macOS 26 writes `any` where older ones wrote the service; `service_name` keeps saying the service. */
function guidPrefix(version: MacosVersion, service: Service): string {
  return majorOf(version) >= 26 ? 'any' : service;
}

/** The conversation with one person. */
export function directChat(version: MacosVersion, account: Account, address: string): ChatSpec {
  return {
    guid: `${guidPrefix(version, account.service)};-;${address}`,
    style: 45,
    identifier: address,
    service: account.service,
    accountGuid: account.guid,
    accountLogin: account.login,
    members: [address],
  };
}

/** A group conversation; `identifier` is like `chat831234567890123456`. */
export function groupChat(
  version: MacosVersion,
  account: Account,
  identifier: string,
  members: readonly string[],
  displayName?: string,
): ChatSpec {
  return {
    guid: `${guidPrefix(version, account.service)};+;${identifier}`,
    style: 43,
    identifier,
    service: account.service,
    accountGuid: account.guid,
    accountLogin: account.login,
    members,
    ...(displayName === undefined ? {} : { displayName }),
  };
}

/** Messages' own spelling of an address: no spaces, dashes, dots or parentheses in a number, e-mail in lower case. */
export function canonicalAddress(address: string): string {
  return address.includes('@')
    ? address.trim().toLowerCase()
    : address.replace(/[\s().\-\u200e\u200f\u202a-\u202e]/g, '');
}

/** Whether anybody can be there at all: a number with its +country code, or an e-mail address. */
export function isReachable(address: string, service: Service): boolean {
  if (address.includes('@')) return service === 'iMessage' && /^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(address);
  return /^\+[1-9]\d{6,14}$/.test(address);
}
