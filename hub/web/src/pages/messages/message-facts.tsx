import { Anchor, Text } from '@mantine/core';
import { Link } from 'react-router';
import { useDeviceNames, useUnseenDevice } from '../../api/devices.ts';
import type { Message } from '../../api/messages.ts';
import { pathOf } from '../../api/request.ts';
import { useWorkspaceNames } from '../../api/workspaces.ts';
import { Copyable } from '../../ui/copy.tsx';
import { Facts } from '../../ui/facts.tsx';
import { PlainText } from '../../ui/plain-text.tsx';
import { Time } from '../../ui/time.tsx';
import { CHANNEL_NAMES } from '../../words.ts';

export function MessageFacts({ message }: { message: Message }) {
  const { direction, channel, message_id, id, user_id, created_at, updated_at, resend_of } = message;
  return (
    <Facts
      facts={[
        [
          direction === 'out' || message.from_me ? 'To' : 'From',
          <Counterpart key="phone" message={message} />,
        ],
        ['Workspace', <WorkspaceLink key="workspace" id={message.location_id} />],
        ['Channel', CHANNEL_NAMES[channel]],
        ['Device', <DeviceLink key="device" id={message.device_id} />],
        [
          'message_id',
          direction === 'out' && <Copyable key="mid" value={message_id} label="the message_id" shown={28} />,
        ],
        ['Hub’s id', <Copyable key="id" value={id} label="the hub’s id" shown={18} />],
        ['user_id', user_id !== null && <PlainText key="user" text={user_id} />],
        ['Created', <Time key="created" at={created_at} as="absolute" />],
        ['Last change', <Time key="updated" at={updated_at} />],
        [
          'Sent again',
          resend_of !== null && (
            <Anchor key="of" component={Link} to={pathOf`/messages/${resend_of}`} size="sm">
              The message that it began with
            </Anchor>
          ),
        ],
      ]}
    />
  );
}

function Counterpart({ message: { phone, location_id, group_id } }: { message: Message }) {
  const group = group_id ?? (phone.startsWith('group:') ? phone : undefined);
  const link = location_id !== null && (
    <Anchor component={Link} to={pathOf`/conversations/${location_id}/${group ?? phone}`} size="xs">
      {group === undefined ? 'Show the conversation' : 'Show the group'}
    </Anchor>
  );
  return (
    <>
      <Text size="sm" component="div">
        <PlainText text={phone} />
      </Text>
      {link}
    </>
  );
}

/** Named where the viewer may know its name. */
export function WorkspaceLink({ id }: { id: string | null }) {
  const name = useWorkspaceNames().get(id ?? '');
  if (id === null)
    return (
      <Text size="sm" c="dimmed">
        None
      </Text>
    );
  if (name === undefined) return <Copyable value={id} label="the location ID" shown={14} />;
  return (
    <Anchor component={Link} to={`/workspaces?edit=${encodeURIComponent(id)}`} size="sm">
      <PlainText text={name} />
    </Anchor>
  );
}

function DeviceLink({ id }: { id: string | null }) {
  const name = useDeviceNames().get(id ?? '');
  const unseen = useUnseenDevice();
  if (id === null)
    return (
      <Text size="sm" c="dimmed">
        None yet
      </Text>
    );
  if (name === undefined)
    return (
      <Text size="sm" c="dimmed" title={id}>
        {unseen}
      </Text>
    );
  return (
    <Anchor component={Link} to={pathOf`/devices/${id}`} size="sm">
      <PlainText text={name} />
    </Anchor>
  );
}
