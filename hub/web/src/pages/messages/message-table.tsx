import { Anchor, Text } from '@mantine/core';
import { IconArrowDownLeft, IconArrowUpRight, IconPaperclip } from '@tabler/icons-react';
import { Link } from 'react-router';
import { useDeviceNames, useUnseenDevice } from '../../api/devices.ts';
import type { Message } from '../../api/messages.ts';
import { pathOf } from '../../api/request.ts';
import { useWorkspaceNames } from '../../api/workspaces.ts';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { PlainText } from '../../ui/plain-text.tsx';
import { ChangedBadge, StatusBadge } from '../../ui/status-badge.tsx';
import { Time } from '../../ui/time.tsx';
import { CHANNEL_NAMES } from '../../words.ts';
import classes from './messages.module.css';

interface MessageTableProps {
  messages: readonly Message[];
  /** Those that are no longer as they stand here. */
  gone: ReadonlySet<Message>;
  isStale: boolean;
}

export function MessageTable({ messages, gone, isStale }: MessageTableProps) {
  const workspaces = useWorkspaceNames();
  const devices = useDeviceNames();
  const unseen = useUnseenDevice();
  const columns: Column<Message>[] = [
    {
      key: 'message',
      label: 'Message',
      role: 'title',
      clips: true,
      show: (message) => <Preview message={message} />,
    },
    { key: 'phone', label: 'Phone', width: 190, show: (message) => <Counterpart message={message} /> },
    {
      key: 'status',
      label: 'Status',
      width: 150,
      show: (message) => (gone.has(message) ? <ChangedBadge /> : <Status message={message} />),
    },
    {
      key: 'workspace',
      label: 'Workspace and device',
      width: 190,
      show: ({ location_id, device_id }) => (
        <div className={classes.where}>
          <Name id={location_id} names={workspaces} none="No workspace" />
          <Text size="xs" c="dimmed" component="div">
            <Name id={device_id} names={devices} none="No device yet" unseen={unseen} />
          </Text>
        </div>
      ),
    },
    { key: 'at', label: 'Created', width: 130, show: ({ created_at }) => <Time at={created_at} /> },
  ];
  return (
    <DataTable label="Messages" columns={columns} rows={messages} keyOf={({ id }) => id} isStale={isStale} />
  );
}

function Preview({ message: { id, message, message_id, attachments, direction } }: { message: Message }) {
  const files = attachments.length === 1 ? '1 attachment' : `${attachments.length} attachments`;
  return (
    <div className={classes.preview}>
      <Anchor
        component={Link}
        to={pathOf`/messages/${id}`}
        size="sm"
        c="bright"
        className={classes.previewText}
      >
        {message === '' ? attachments.length > 0 ? files : 'No text' : <PlainText text={message} isLine />}
      </Anchor>
      <Text size="xs" c="dimmed" className={classes.previewId}>
        {attachments.length > 0 && message !== '' && (
          <span className={classes.files} title={files}>
            <IconPaperclip size={12} aria-label={files} />
            {attachments.length}
          </span>
        )}
        <code>
          <PlainText text={direction === 'out' ? message_id : id} isLine />
        </code>
      </Text>
    </div>
  );
}

function Counterpart({ message }: { message: Message }) {
  const { direction, phone, group_id, location_id, from_me, channel } = message;
  const isOut = direction === 'out' || from_me;
  const Arrow = isOut ? IconArrowUpRight : IconArrowDownLeft;
  const conversation = group_id ?? phone;
  return (
    <span className={classes.counterpart}>
      <Arrow
        size={15}
        className={isOut ? classes.out : classes.in}
        aria-label={isOut ? 'To' : 'From'}
        role="img"
      />
      <span className={classes.phone}>
        {location_id === null ? (
          <PlainText text={phone} isLine />
        ) : (
          <Anchor component={Link} to={pathOf`/conversations/${location_id}/${conversation}`} size="sm">
            <PlainText text={phone.startsWith('group:') ? 'A group' : phone} isLine />
          </Anchor>
        )}
        <Text size="xs" c="dimmed">
          {CHANNEL_NAMES[channel]}
          {group_id !== null && ', in a group'}
        </Text>
      </span>
    </span>
  );
}

function Status({ message: { status, error, from_me } }: { message: Message }) {
  return (
    <div>
      <StatusBadge status={status} />
      {error && (
        <Text size="xs" c="dimmed" title={error.message} className={classes.code}>
          {error.code}
        </Text>
      )}
      {from_me && (
        <Text size="xs" c="dimmed">
          typed on the device
        </Text>
      )}
    </div>
  );
}

interface NameProps {
  id: string | null;
  names: ReadonlyMap<string, string>;
  none: string;
  /** What stands for a name that is not known; else the beginning of the id. */
  unseen?: string;
}

/** What it is called; of what is gone or not in sight, the beginning of its id. */
function Name({ id, names, none, unseen }: NameProps) {
  if (id === null) return <>{none}</>;
  return (
    <span title={id}>
      <PlainText text={names.get(id) ?? unseen ?? `${id.slice(0, 8)}…`} isLine />
    </span>
  );
}
