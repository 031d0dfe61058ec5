import { Alert, Button, Group, Stack, Text, Title } from '@mantine/core';
import { IconKey, IconRefresh } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { refresh } from '../../api/query-client.ts';
import { rotateSecret, type Workspace } from '../../api/workspaces.ts';
import { CopyField } from '../../ui/copy.tsx';
import { FailureNote } from '../../ui/failure-note.tsx';
import { useNow } from '../../ui/time.tsx';
import { ApiKeys } from './api-keys.tsx';

interface SecretsTabProps {
  workspace: Workspace;
  /** Called when something stands there that is shown only once. */
  onSecret: () => void;
}

/** The signing secret, which is shown once, and the keys of the workspace's client. */
export function SecretsTab({ workspace, onSecret }: SecretsTabProps) {
  return (
    <Stack gap="xl">
      <SigningSecret workspace={workspace} onSecret={onSecret} />
      <ApiKeys workspace={workspace} onSecret={onSecret} />
    </Stack>
  );
}

function SigningSecret({ workspace: { location_id, previous_secret_until }, onSecret }: SecretsTabProps) {
  const [asks, setAsks] = useState(false);
  const { mutate, data, error, isPending } = useMutation({
    mutationFn: () => rotateSecret(location_id),
    onSuccess: () => {
      onSecret();
      return refresh('workspaces');
    },
    onSettled: () => setAsks(false),
  });
  return (
    <Stack gap="sm">
      <div>
        <Title order={3}>Signing secret</Title>
        <Text size="sm" c="dimmed">
          Signs every call, so that your system can verify it. It is shown once, when it is made.
        </Text>
      </div>
      <Overlap until={previous_secret_until} />
      {data && (
        <Alert color="orange" icon={<IconKey size={18} aria-hidden />} title="The new secret: copy it now">
          <CopyField value={data.signing_secret} label="the signing secret" />
        </Alert>
      )}
      {error && <FailureNote error={error} />}
      {asks ? (
        <Alert color="wire" title="Make a new secret?">
          <Text size="sm">
            For a day calls carry both signatures, so nothing is lost while your system changes over.
            {previous_secret_until !== null &&
              ' A secret from before the last rotation stops working at once.'}
          </Text>
          <Group mt="sm">
            <Button size="xs" loading={isPending} onClick={() => mutate()}>
              Rotate now
            </Button>
            <Button size="xs" variant="default" onClick={() => setAsks(false)}>
              Not now
            </Button>
          </Group>
        </Alert>
      ) : (
        <Group>
          <Button
            variant="default"
            size="xs"
            leftSection={<IconRefresh size={14} aria-hidden />}
            onClick={() => setAsks(true)}
          >
            Rotate secret
          </Button>
        </Group>
      )}
    </Stack>
  );
}

function Overlap({ until }: { until: string | null }) {
  const now = useNow();
  const left = until === null ? 0 : Date.parse(until) - now;
  if (left <= 0) return null;
  const hours = Math.floor(left / 3_600_000);
  const minutes = Math.floor((left % 3_600_000) / 60_000);
  return (
    <Alert color="wire">
      <Text size="sm">
        The old secret still signs as well, for another <b>{`${hours} h ${minutes} min`}</b>.
      </Text>
    </Alert>
  );
}
