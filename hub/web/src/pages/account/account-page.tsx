import { Stack } from '@mantine/core';
import { useMe } from '../../api/me.ts';
import { Facts } from '../../ui/facts.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { Panel } from '../../ui/panel.tsx';
import { QueryView } from '../../ui/query-view.tsx';
import { Time } from '../../ui/time.tsx';
import { PasswordPanel } from './password-panel.tsx';
import { SessionsPanel } from './sessions-panel.tsx';
import { TwoFactorPanel } from './two-factor-panel.tsx';

export function AccountPage() {
  const me = useMe();
  return (
    <>
      <PageHeader title="Account and security" />
      <QueryView query={me}>
        {({
          name,
          email,
          role,
          created_at,
          device_allowance,
          devices_enrolled,
          workspaces,
          two_factor_enabled,
        }) => (
          <Stack gap="md" maw={760}>
            <Panel title={name}>
              <Facts
                facts={[
                  ['E-mail', email],
                  ['Role', role === 'admin' ? 'Administrator' : 'Sub-account user'],
                  ['Workspaces', workspaces === null ? 'All' : workspaces.length],
                  ['Devices enrolled', describeEnrolled(devices_enrolled, device_allowance)],
                  ['Since', created_at && <Time key="since" at={created_at} as="absolute" />],
                ]}
              />
            </Panel>
            <PasswordPanel />
            <TwoFactorPanel isOn={two_factor_enabled} />
            <SessionsPanel />
          </Stack>
        )}
      </QueryView>
    </>
  );
}

function describeEnrolled(enrolled: number, allowance: number | null): string {
  if (allowance === null) return String(enrolled);
  return allowance === 0 && enrolled === 0 ? 'None allowed' : `${enrolled} of ${allowance}`;
}
