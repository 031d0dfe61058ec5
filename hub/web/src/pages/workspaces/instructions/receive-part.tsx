import { Stack, Text, Title } from '@mantine/core';
import type { MessageEvent, StatusUpdate } from '../../../../../../shared/api/webhook-events.ts';
import { FAILURES } from '../../../../../../shared/failure-codes.ts';
import type { Workspace } from '../../../api/workspaces.ts';
import { CodeBlock } from '../../../ui/copy.tsx';
import { EXTRA_EVENT_WORDS, EXTRA_EVENTS } from '../../../words.ts';
import { FieldTable } from './field-table.tsx';

// Every field that the events have: the compiler says when one is missing here.
const STATUS_FIELDS: Record<keyof StatusUpdate, string> = {
  type: 'STATUS-UPDATE.',
  location_id: 'This workspace.',
  message_id: 'Your own id of the message.',
  status: 'SENT, DELIVERED or FAILED; READ where you ask for it. Each at most once, SENT before DELIVERED.',
  user_id: 'As you sent it.',
  phone: 'The recipient.',
  channel: 'The one that was really used: sms after a fallback.',
  timestamp: 'RFC 3339.',
  error: 'Only of FAILED: code and message.',
};

const MESSAGE_FIELDS: Record<keyof MessageEvent, string> = {
  type: 'MESSAGE.',
  location_id: 'This workspace.',
  phone: 'Who wrote it; of an echo, whom it was written to.',
  message: 'The text.',
  isMe: 'true: typed on the device itself (only with Echoes).',
  attachments: 'Signed links to the files; fetch what you want to keep.',
  channel: 'imessage, sms, rcs or whatsapp.',
  message_id: 'The hub’s id of it.',
  device_id: 'The device that it came to.',
  timestamp: 'RFC 3339.',
  reply_to: 'The message that this one answers, where it is known.',
  effect: 'The effect that it was sent with.',
  group: 'The group chat it was written in (only with Group chats).',
  participants: 'Of a group: all but the device’s owner.',
  unavailable_attachments: 'Files that the hub could not get.',
};

export function ReceivePart({ workspace }: { workspace: Workspace }) {
  const { url, headers } = workspace;
  return (
    <Stack gap="lg">
      <Text size="sm">
        The hub POSTs JSON to{' '}
        {url === null ? <b>the workspace’s URL, which is still to be set</b> : <code>{url}</code>}
        {headers.length > 0 && ` with its own headers (${headers.map(({ key }) => key).join(', ')})`}. Any 2xx
        answer within 15 seconds is success. An event can arrive more than once: drop a{' '}
        <code>webhook-id</code> that you have seen. Answer 2xx to types that you do not know.
      </Text>
      <StatusEvents workspace={workspace} />
      <MessageEvents workspace={workspace} />
      <ExtraEvents workspace={workspace} />
      <Retries />
      <Failures />
    </Stack>
  );
}

function StatusEvents({ workspace: { location_id } }: { workspace: Workspace }) {
  const example: StatusUpdate = {
    type: 'STATUS-UPDATE',
    location_id,
    message_id: 'msg_001',
    status: 'DELIVERED',
    user_id: '42',
    phone: '+12145550100',
    channel: 'imessage',
    timestamp: '2026-11-22T15:04:05.000Z',
  };
  return (
    <Stack gap="xs">
      <Title order={2}>What became of your messages</Title>
      <CodeBlock value={JSON.stringify(example, null, 2)} label="the example" />
      <FieldTable
        label="Fields of STATUS-UPDATE"
        heads={['Field', 'Meaning']}
        rows={Object.entries(STATUS_FIELDS)}
      />
    </Stack>
  );
}

function MessageEvents({ workspace: { location_id, devices } }: { workspace: Workspace }) {
  const example = {
    type: 'MESSAGE',
    location_id,
    phone: '+12145550100',
    message: 'Hi',
    isMe: false,
    attachments: [],
    channel: 'imessage',
    message_id: '019a2c5e-…',
    device_id: devices[0]?.device_id ?? '019a2c5d-…',
    timestamp: '2026-11-22T15:04:05.000Z',
  } satisfies MessageEvent;
  return (
    <Stack gap="xs">
      <Title order={2}>Messages that come in</Title>
      <CodeBlock value={JSON.stringify(example, null, 2)} label="the example" />
      <FieldTable
        label="Fields of MESSAGE"
        heads={['Field', 'Meaning']}
        rows={Object.entries(MESSAGE_FIELDS)}
      />
    </Stack>
  );
}

function ExtraEvents({ workspace: { extra_events } }: { workspace: Workspace }) {
  return (
    <Stack gap="xs">
      <Title order={2}>Extra events</Title>
      <Text size="sm">
        {extra_events.length === 0
          ? 'This workspace asks for none. They are switched on under Edit, Advanced.'
          : `This workspace asks for: ${extra_events.map((event) => EXTRA_EVENT_WORDS[event][0]).join(', ')}.`}
      </Text>
      <FieldTable
        label="Extra events"
        heads={['Name', 'What is told']}
        rows={EXTRA_EVENTS.map((event) => [event, EXTRA_EVENT_WORDS[event][1]] as const)}
      />
    </Stack>
  );
}

function Retries() {
  return (
    <div>
      <Title order={2} mb={6}>
        Retries
      </Title>
      <Text size="sm">
        5 s, 30 s, 2 min, 10 min, 30 min, 1 h, 3 h, 6 h, 12 h and 24 h after the attempt before, each ±20 %.
        Redirects are failures; 429 and 503 may ask for more time with Retry-After; 410 switches the webhook
        off, as do five days of nothing but failures. Dead letters are kept and can be replayed.
      </Text>
    </div>
  );
}

function Failures() {
  return (
    <Stack gap="xs">
      <Title order={2}>Why a message FAILED</Title>
      <FieldTable label="Failure codes" heads={['Code', 'Meaning']} rows={Object.entries(FAILURES)} />
    </Stack>
  );
}
