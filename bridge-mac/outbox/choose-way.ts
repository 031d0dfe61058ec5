import type { Channel } from '../../shared/channels.ts';
import type { ScriptedMessages } from '../applescript/run-script.ts';
import type { ChatDb } from '../chat-db/chat-db.ts';
import type { SendRoute } from '../config.ts';
import type { SendingStore } from '../store/sending-store.ts';
import type { StoredSend } from '../store/stored-send.ts';
import { conversationWith } from './conversation.ts';

/** A way of addressing a recipient: an address, or the guid of a chat. */
export interface Way {
  route: SendRoute;
  address: string;
}

export interface ChoiceDeps {
  messages: Pick<ScriptedMessages, 'needsChat'>;
  /** Ways of addressing one person, the preferred first. */
  routes: readonly SendRoute[];
  sending: Pick<SendingStore, 'routeOf'>;
}

/**
 * The next way to try, undefined when every one was tried. The way that worked last in the conversation comes first.
 * Groups are reached by their chat alone, and so is a channel without an account of its own.
 */
export function chooseWay(send: StoredSend, db: ChatDb, deps: ChoiceDeps): Way | undefined {
  const tried = triedWays(send);
  for (const route of routesFor(send, deps)) {
    const addresses = route === 'chat' ? chatsFor(send, db) : [send.recipient];
    const address = addresses.find((candidate) => !tried.includes(keyOf({ route, address: candidate })));
    if (address !== undefined) return { route, address };
  }
  return undefined;
}

/** The list of tried ways with one more, as it is stored. */
export function withTried(send: StoredSend, way: Way): string {
  return JSON.stringify([...triedWays(send), keyOf(way)]);
}

function routesFor(send: StoredSend, { messages, routes, sending }: ChoiceDeps): readonly SendRoute[] {
  if (send.to_group === 1 || messages.needsChat(send.channel)) return ['chat'];
  const remembered = sending.routeOf(send.conversation, send.channel);
  if (remembered === undefined || !routes.includes(remembered)) return routes;
  return [remembered, ...routes.filter((route) => route !== remembered)];
}

function chatsFor(send: StoredSend, db: ChatDb): string[] {
  if (send.to_group === 1) {
    // A group asked for by the guid of a direct chat swallows what is sent, and reports success.
    return db.own.groupChats(send.recipient).flatMap(({ guid }) => (guid.includes(';+;') ? [guid] : []));
  }
  const isRecipient = (address: string): boolean => conversationWith(address) === send.conversation;
  return db.own
    .directChats(isRecipient)
    .filter(({ channel }) => channel === send.channel)
    .map(({ guid }) => guid);
}

function keyOf({ route, address }: Way): string {
  return route === 'chat' ? `chat ${address}` : route;
}

function triedWays(send: StoredSend): string[] {
  return JSON.parse(send.tried) as string[];
}

/** The channels that are left to go on with. */
export function fallbacksOf(send: StoredSend): Channel[] {
  return JSON.parse(send.fallbacks) as Channel[];
}
