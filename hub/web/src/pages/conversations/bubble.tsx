import { Anchor, Text, Tooltip } from '@mantine/core';
import { Link } from 'react-router';
import type { Message } from '../../api/messages.ts';
import { pathOf } from '../../api/request.ts';
import { Attachments } from '../../ui/attachments.tsx';
import { PlainText } from '../../ui/plain-text.tsx';
import { formatTime } from '../../ui/time.tsx';
import { CHANNEL_NAMES } from '../../words.ts';
import classes from './chat.module.css';

interface BubbleProps {
  message: Message;
  isGroup: boolean;
}

const CLOCK = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' });

const STANDINGS: Record<string, string> = {
  QUEUED: 'Queued',
  DISPATCHED: 'Being sent',
  SENT: 'Sent',
  DELIVERED: 'Delivered',
  READ: 'Read',
  FAILED: 'Failed',
};

export function Bubble({ message, isGroup }: BubbleProps) {
  const { direction, from_me, status, channel } = message;
  const isOurs = direction === 'out' || from_me;
  return (
    <li
      className={classes.row}
      data-ours={isOurs || undefined}
      data-failed={status === 'FAILED' || undefined}
      data-channel={channel}
    >
      {isGroup && !isOurs && (
        <Text size="xs" c="dimmed" className={classes.sender} component="div">
          <PlainText text={message.phone} />
        </Text>
      )}
      <div className={classes.bubble}>
        {message.message !== '' && <PlainText text={message.message} />}
        {message.message === '' && message.attachments.length === 0 && <i>No text</i>}
        <Attachments addresses={message.attachments} />
      </div>
      <Standing message={message} />
    </li>
  );
}

function Standing({
  message: { id, direction, from_me, status, error, channel, created_at },
}: {
  message: Message;
}) {
  const words = direction === 'out' ? STANDINGS[status] : from_me ? 'Typed on the device' : undefined;
  return (
    <div className={classes.standing}>
      <Tooltip label={formatTime(created_at)}>
        <Anchor component={Link} to={pathOf`/messages/${id}`} size="xs" c="dimmed">
          <time dateTime={created_at}>{CLOCK.format(Date.parse(created_at))}</time>
        </Anchor>
      </Tooltip>
      {channel !== 'imessage' && <span>{CHANNEL_NAMES[channel]}</span>}
      {words && <span className={classes.word}>{words}</span>}
      {error && (
        <span title={error.message}>
          <code>{error.code}</code>
        </span>
      )}
    </div>
  );
}
