import type { Row } from '../../chat-db/chat-database.ts';
import { majorOf } from '../../chat-db/columns.ts';
import { canonicalAddress, directChat, type Service } from '../accounts.ts';
import type { Asked, Happening, HappeningWorld } from './happening.ts';
import { accountFor, commonCells, groupOf, insertRow } from './rows.ts';

/** A line in the group's transcript that is no message: who did it, what, and to whom. */
function noteEvent(asked: Asked, world: HappeningWorld, cells: Row): string[] {
  const chat = groupOf(world, asked);
  const address = canonicalAddress(asked.with || (chat.members[0] ?? ''));
  const account = accountFor(world, 'iMessage');
  const about = asked.about === '' ? 0 : world.db.handleOf(canonicalAddress(asked.about), account.service);
  const nothing = { text: null, attributedBody: null, part_count: 0 };
  const common = commonCells(world, { address, account, chat }, '', Date.now());
  const row = { ...common, ...nothing, is_delivered: 1, other_handle: about, ...cells };
  return [insertRow(world, { address, account, chat: groupOf(world, asked) }, row)];
}

function rename(asked: Asked, world: HappeningWorld): string[] {
  world.db.update('chat', groupOf(world, asked).guid, { display_name: asked.text });
  return noteEvent(asked, world, { item_type: 2, group_title: asked.text });
}

function add(asked: Asked, world: HappeningWorld): string[] {
  world.db.addMember(groupOf(world, asked), canonicalAddress(asked.about));
  return noteEvent(asked, world, { item_type: 1, group_action_type: 0 });
}

function remove(asked: Asked, world: HappeningWorld): string[] {
  const guids = noteEvent(asked, world, { item_type: 1, group_action_type: 1 });
  world.db.removeMember(groupOf(world, asked), canonicalAddress(asked.about));
  return guids;
}

function leave(asked: Asked, world: HappeningWorld): string[] {
  const guids = noteEvent(asked, world, { item_type: 3, group_action_type: 0 });
  world.db.removeMember(groupOf(world, asked), canonicalAddress(asked.with));
  return guids;
}

function shells(asked: Asked, world: HappeningWorld): string[] {
  const address = canonicalAddress(asked.with);
  const services: Service[] = majorOf(world.version) >= 15 ? ['iMessage', 'SMS', 'RCS'] : ['iMessage', 'SMS'];
  return services.flatMap((service) => {
    const account = world.accounts.find((candidate) => candidate.service === service);
    if (account === undefined) return [];
    // Shells keep the guid that the macOS of their time gave them.
    const chat = { ...directChat(world.version, account, address), guid: `${service};-;${address}` };
    world.db.makeChat(chat);
    return [chat.guid];
  });
}

function unload(asked: Asked, world: HappeningWorld): string[] {
  const identifier = asked.chat || canonicalAddress(asked.with);
  const chats = world.chats.all().filter((chat) => chat.identifier === identifier);
  for (const chat of chats) world.chats.unload(chat.guid);
  return chats.map(({ guid }) => guid);
}

export const GROUPS = {
  'group-renamed': ['--with gives the group --chat the name --text', rename],
  'participant-added': ['--with adds --about to the group --chat', add],
  'participant-removed': ['--with removes --about from the group --chat', remove],
  'participant-left': ['--with leaves the group --chat', leave],
  'group-icon': [
    '--with gives the group --chat a picture',
    (asked, world) => noteEvent(asked, world, { item_type: 3, group_action_type: 1 }),
  ],
  'shell-chats': ['the person has an empty chat row per service, which no script can address', shells],
  'unload-chat': [
    'Messages unloads the chat of --chat or --with: its id is −1728 until a message arrives',
    unload,
  ],
  'forget-chats': [
    'Messages unloads all its chats',
    (_asked, world) => {
      world.chats.forget();
      return [];
    },
  ],
} as const satisfies Record<string, Happening>;
