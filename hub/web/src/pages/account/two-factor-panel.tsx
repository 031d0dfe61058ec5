import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { QRCodeSVG } from 'qrcode.react';
import { useState } from 'react';
import { beginTwoFactor, endTwoFactor, renewBackupCodes, verifyTotp } from '../../api/account.ts';
import { refresh } from '../../api/query-client.ts';
import { explainAuth } from '../../forms/auth-failures.ts';
import { useApiForm } from '../../forms/use-api-form.ts';
import { CopyField } from '../../ui/copy.tsx';
import { FailureNote } from '../../ui/failure-note.tsx';
import { tellDone } from '../../ui/notices.ts';
import { Panel } from '../../ui/panel.tsx';
import { Badge } from '../../ui/status-badge.tsx';
import classes from './account.module.css';
import { BackupCodes } from './backup-codes.tsx';
import { PasswordStep } from './password-step.tsx';

interface Begun {
  totpURI: string;
  backupCodes: string[];
}

/** A code of an app besides the password. */
export function TwoFactorPanel({ isOn }: { isOn: boolean }) {
  return (
    <Panel
      title="Second factor"
      description="With the password, a code of an authenticator app is asked for when you sign in."
      actions={<Badge tone={isOn ? 'good' : 'quiet'}>{isOn ? 'On' : 'Off'}</Badge>}
    >
      {isOn ? <SwitchedOn /> : <SwitchedOff />}
    </Panel>
  );
}

function SwitchedOff() {
  const [step, setStep] = useState<'rest' | 'password' | Begun>('rest');
  if (step === 'rest')
    return (
      <Button variant="default" onClick={() => setStep('password')}>
        Set it up
      </Button>
    );
  if (step === 'password')
    return (
      <PasswordStep verb="Continue" send={beginTwoFactor} onDone={setStep} onCancel={() => setStep('rest')} />
    );
  return <Enrol begun={step} onCancel={() => setStep('rest')} />;
}

function Enrol({ begun, onCancel }: { begun: Begun; onCancel: () => void }) {
  const { form, failure, isSending, submit } = useApiForm({
    initialValues: { code: '' },
    validate: ({ code }) => ({ code: code.trim() === '' ? 'Type the code that the app shows.' : undefined }),
    send: ({ code }) => verifyTotp({ code: code.replaceAll(/\s/g, '') }).catch(explainAuth),
    onDone: () => {
      void refresh('users');
      tellDone('The second factor is on.');
    },
  });
  const secret = new URL(begun.totpURI).searchParams.get('secret') ?? '';
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <Text size="sm">1. Scan this with an authenticator app, or type the key into it.</Text>
        <Group gap="lg" align="center">
          <div className={classes.qr}>
            <QRCodeSVG value={begun.totpURI} size={164} title="For the authenticator app" />
          </div>
          <div className={classes.key}>
            <CopyField value={secret} label="the key" grouped />
          </div>
        </Group>
        <Text size="sm">
          2. Keep these backup codes: each signs you in once when the app is out of reach.
        </Text>
        <BackupCodes codes={begun.backupCodes} />
        <TextInput
          label="3. The code that the app shows now"
          inputMode="numeric"
          autoComplete="one-time-code"
          maw={260}
          {...form.getInputProps('code')}
        />
        {failure !== null && <FailureNote error={failure} />}
        <Group>
          <Button type="submit" loading={isSending}>
            Switch on
          </Button>
          <Button variant="default" onClick={onCancel}>
            Cancel
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function SwitchedOn() {
  const [step, setStep] = useState<'rest' | 'off' | 'codes' | string[]>('rest');
  const rest = (): void => setStep('rest');
  if (step === 'off')
    return (
      <PasswordStep
        verb="Switch off"
        color="red"
        send={endTwoFactor}
        onDone={() => {
          void refresh('users');
          tellDone('The second factor is off.');
        }}
        onCancel={rest}
      />
    );
  if (step === 'codes')
    return (
      <PasswordStep
        verb="Make new codes"
        send={renewBackupCodes}
        onDone={({ backupCodes }) => setStep(backupCodes)}
        onCancel={rest}
      />
    );
  if (step !== 'rest')
    return (
      <Stack gap="sm">
        <Text size="sm">These take the place of the old ones. They are shown only now.</Text>
        <BackupCodes codes={step} />
        <Group>
          <Button onClick={rest}>I have kept them</Button>
        </Group>
      </Stack>
    );
  return (
    <Group gap="xs">
      <Button variant="default" onClick={() => setStep('codes')}>
        New backup codes
      </Button>
      <Button variant="light" color="red" onClick={() => setStep('off')}>
        Switch off
      </Button>
    </Group>
  );
}
