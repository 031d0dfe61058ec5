import { Button } from '@mantine/core';
import { IconArrowDown } from '@tabler/icons-react';
import { Fragment } from 'react';
import type { Message } from '../../api/messages.ts';
import { Bubble } from './bubble.tsx';
import classes from './chat.module.css';
import { useChatScroll } from './use-chat-scroll.ts';

interface ChatProps {
  /** Oldest first. */
  messages: Message[];
  isGroup: boolean;
  hasOlder: boolean;
  isLoading: boolean;
  onOlder: () => void;
}

export function Chat({ messages, isGroup, hasOlder, isLoading, onOlder }: ChatProps) {
  const { frame, hasNews, showNews } = useChatScroll(messages);
  return (
    <section className={classes.chat} aria-label="Conversation">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: whoever has no mouse scrolls it with the keys. */}
      <div className={classes.scroll} ref={frame} tabIndex={0}>
        {hasOlder && (
          <div className={classes.older}>
            <Button size="xs" variant="default" loading={isLoading} onClick={onOlder}>
              Load older messages
            </Button>
          </div>
        )}
        <ol className={classes.messages}>
          {messages.map((message, index) => (
            <Fragment key={message.id}>
              {isNewDay(message, messages[index - 1]) && (
                <li className={classes.day}>
                  <span>{formatDay(message.created_at)}</span>
                </li>
              )}
              <Bubble message={message} isGroup={isGroup} />
            </Fragment>
          ))}
        </ol>
      </div>
      {hasNews && (
        <Button
          className={classes.news}
          size="compact-sm"
          radius="xl"
          leftSection={<IconArrowDown size={14} aria-hidden />}
          onClick={showNews}
        >
          New messages
        </Button>
      )}
    </section>
  );
}

function isNewDay({ created_at }: Message, before: Message | undefined): boolean {
  return before === undefined || dayOf(before.created_at) !== dayOf(created_at);
}

/** By the viewer's calendar. */
function dayOf(at: string): string {
  return new Date(at).toDateString();
}

const DAY = new Intl.DateTimeFormat(undefined, {
  weekday: 'long',
  day: 'numeric',
  month: 'long',
  year: 'numeric',
});

function formatDay(at: string): string {
  return dayOf(at) === new Date().toDateString() ? 'Today' : DAY.format(Date.parse(at));
}
