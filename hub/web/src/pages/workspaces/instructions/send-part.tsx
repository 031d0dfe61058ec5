import { Alert, Stack, Text, Title } from '@mantine/core';
import { Link } from 'react-router';
import type { Accepted } from '../../../../../../shared/api/client-message.ts';
import type { Channel } from '../../../../../../shared/channels.ts';
import { useMe } from '../../../api/me.ts';
import type { Workspace } from '../../../api/workspaces.ts';
import { CodeBlock, CopyField } from '../../../ui/copy.tsx';
import { FieldTable } from './field-table.tsx';

const FIELDS = [
  ['location_id', 'yes', 'This workspace: the value above.'],
  ['user_id', 'yes', 'Your own id of the person; comes back with every status.'],
  ['phone', 'yes', 'E.164, such as +12145550100. For imessage an e-mail address also serves.'],
  ['message', 'yes', 'Up to 10,000 characters, delivered as they are.'],
  ['attachments', 'no', 'Up to 10 public http(s) URLs of files, each at most 100 MB.'],
  [
    'message_id',
    'yes',
    'Your own id of the message, unique in this workspace. The same again is never sent twice.',
  ],
  ['channel', 'yes', 'imessage, sms, rcs or whatsapp.'],
] as const;

const REFUSALS = [
  [
    '400',
    'missing_field, invalid_field, invalid_phone, invalid_channel, invalid_attachment',
    'Correct the field that details names.',
  ],
  [
    '400',
    'workspace_not_connected, channel_not_assigned',
    'Connect the workspace, or give it a device for the channel.',
  ],
  ['400', 'opted_out', 'The recipient wrote STOP.'],
  ['404', 'unknown_location', 'Correct the location ID: there is no such workspace, or not any more.'],
  ['400', 'invalid_json', 'Send JSON, with content-type: application/json.'],
  ['401', 'invalid_api_key', 'The workspace requires an API key.'],
  ['409', 'message_id_conflict', 'The id was used for other content.'],
  ['429', 'rate_limited', 'Nothing was accepted: again after Retry-After seconds.'],
  ['503', 'unavailable', 'Nothing was accepted: again after Retry-After seconds.'],
] as const;

export function SendPart({ workspace }: { workspace: Workspace }) {
  const { location_id, connected } = workspace;
  const hubUrl = useMe().data?.hub_url ?? location.origin;
  return (
    <Stack gap="lg">
      {!connected && (
        <Alert color="orange" title="Not connected yet">
          Messages are refused until it is. Connect it under <Link to="/sims?connect=1">Subaccount SIMs</Link>
          .
        </Alert>
      )}
      <div>
        <Title order={2} mb={6}>
          Location ID
        </Title>
        <CopyField value={location_id} label="the location ID" />
      </div>
      <div>
        <Title order={2} mb={6}>
          Send a message
        </Title>
        <CodeBlock value={composeCurl(workspace, hubUrl)} label="the command" />
        <Text size="sm" mt="xs">
          200 means that the message is validated and on the hub’s disk; what becomes of it arrives at your
          webhook.
        </Text>
        <CodeBlock value={JSON.stringify(composeAnswer(location_id), null, 2)} label="the answer" />
      </div>
      <div>
        <Title order={2} mb={6}>
          Fields
        </Title>
        <FieldTable label="Fields of a message" heads={['Field', 'Required', 'Meaning']} rows={FIELDS} />
      </div>
      <div>
        <Title order={2} mb={6}>
          When it is refused
        </Title>
        <FieldTable
          label="Refusals"
          heads={['Code', 'HTTP', 'What to do']}
          rows={REFUSALS.map(([status, codes, cure]) => [codes, status, cure] as const)}
        />
      </div>
    </Stack>
  );
}

function composeAnswer(location_id: string): Accepted {
  return { status: 'queued', message: 'Message queued', message_id: 'msg_001', location_id, id: '…' };
}

function composeCurl({ location_id, require_api_key, devices }: Workspace, hubUrl: string): string {
  const channel: Channel = devices[0]?.channels[0] ?? 'imessage';
  const body = {
    location_id,
    user_id: '42',
    phone: '+12145550100',
    message: 'Hello',
    message_id: 'msg_001',
    channel,
  };
  return [
    `curl -sS ${hubUrl}/webhook \\`,
    "  -H 'content-type: application/json' \\",
    ...(require_api_key ? ["  -H 'authorization: Bearer YOUR_API_KEY' \\"] : []),
    `  -d '${JSON.stringify(body, null, 2).replaceAll('\n', '\n  ')}'`,
  ].join('\n');
}
