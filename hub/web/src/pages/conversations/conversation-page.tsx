import { Anchor } from '@mantine/core';
import { IconMessageOff } from '@tabler/icons-react';
import { Link, useParams } from 'react-router';
import { type Message, useConversation } from '../../api/messages.ts';
import { catchUp } from '../../api/query-client.ts';
import { useWorkspaceNames } from '../../api/workspaces.ts';
import { EmptyNote } from '../../ui/empty-note.tsx';
import { spellOddCharacters } from '../../ui/odd-characters.ts';
import { PageHeader } from '../../ui/page-header.tsx';
import { PlainText } from '../../ui/plain-text.tsx';
import { QueryView } from '../../ui/query-view.tsx';
import { Chat } from './chat.tsx';

/** What was said between a workspace and a phone, or in a group, as in a chat. */
export function ConversationPage() {
  const { location_id = '', phone = '' } = useParams();
  const conversation = useConversation(location_id, phone);
  const isGroup = phone.startsWith('group:');
  // They come at once. What was being fetched anew is cut off by it, and made up for.
  const loadOlder = async (): Promise<void> => {
    const isCutOff = conversation.isRefetching;
    await conversation.fetchNextPage();
    if (isCutOff) await catchUp('messages');
  };
  return (
    <>
      <PageHeader
        title={isGroup ? 'Group conversation' : spellOddCharacters(phone)}
        back={{ to: '/messages', label: 'Messages' }}
        description={<Where workspace={location_id} phone={phone} />}
      />
      <QueryView query={conversation}>
        {({ pages }) => {
          const messages = pages.flatMap(({ items }) => items);
          if (messages.length === 0 && !conversation.hasNextPage) return <NothingSaid />;
          return (
            <Chat
              key={`${location_id} ${phone}`}
              messages={oldestFirst(messages)}
              isGroup={isGroup}
              hasOlder={conversation.hasNextPage}
              isLoading={conversation.isFetchingNextPage}
              onOlder={() => void loadOlder()}
            />
          );
        }}
      </QueryView>
    </>
  );
}

/** While the pages are fetched anew a message may move from one to the next, and stand in both for a moment. */
function oldestFirst(messages: Message[]): Message[] {
  return [...new Map(messages.map((message) => [message.id, message])).values()].toReversed();
}

function Where({ workspace, phone }: { workspace: string; phone: string }) {
  const name = useWorkspaceNames().get(workspace);
  const list = `/messages?${new URLSearchParams({ workspace, conversation: phone })}`;
  return (
    <>
      With{' '}
      <Anchor component={Link} to={`/workspaces?edit=${encodeURIComponent(workspace)}`} inherit>
        <PlainText text={name ?? workspace} />
      </Anchor>
      , in the{' '}
      <Anchor component={Link} to={list} inherit>
        list of messages
      </Anchor>
    </>
  );
}

function NothingSaid() {
  return (
    <EmptyNote icon={IconMessageOff} title="Nothing was said here">
      There is no message between this workspace and this phone, or it was forgotten with the time.
    </EmptyNote>
  );
}
