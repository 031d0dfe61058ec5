import { Button } from '@mantine/core';
import { IconDevices, IconPlus } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useDevices } from '../../api/devices.ts';
import { useAllowance, useMe } from '../../api/me.ts';
import { EmptyNote } from '../../ui/empty-note.tsx';
import { useDialogs } from '../../ui/filters.ts';
import { PageHeader } from '../../ui/page-header.tsx';
import { QueryView } from '../../ui/query-view.tsx';
import { DeviceTable } from './device-table.tsx';
import { EnrollDevice } from './enroll-device.tsx';

const DIALOGS = ['new'] as const;

export function DevicesPage() {
  const devices = useDevices();
  const { values, set } = useDialogs(DIALOGS);
  const mayEnroll = useAllowance() > 0;
  const allowance = useAllowanceWords();
  const enroll = (
    <Button
      leftSection={<IconPlus size={16} aria-hidden />}
      onClick={() => set({ new: '1' })}
      disabled={!mayEnroll}
    >
      Enroll a device
    </Button>
  );
  return (
    <>
      <PageHeader
        title="Devices"
        description={`What sends and receives: Macs, Android SIMs, WhatsApp numbers.${allowance}`}
        actions={enroll}
      />
      <QueryView query={devices}>
        {(list) =>
          list.length === 0 ? (
            <NoDevice action={mayEnroll ? enroll : undefined} />
          ) : (
            <DeviceTable devices={list} />
          )
        }
      </QueryView>
      {values.new && <EnrollDevice onClose={() => set({ new: null })} />}
    </>
  );
}

function NoDevice({ action }: { action: ReactNode }) {
  if (action === undefined)
    return (
      <EmptyNote icon={IconDevices} title="No device is shown to you">
        Those that serve your workspaces may belong to others. An admin can give you one, or let you enroll
        one of your own.
      </EmptyNote>
    );
  return (
    <EmptyNote icon={IconDevices} title="No device yet" action={action}>
      Enroll a Mac that is signed in to Messages: a one-time code and one command pair it with this hub.
    </EmptyNote>
  );
}

/** How many devices one may enroll, where that is limited. */
function useAllowanceWords(): string {
  const { data: me } = useMe();
  const left = useAllowance();
  if (!me || me.device_allowance === null || left === Number.POSITIVE_INFINITY) return '';
  const used =
    me.device_allowance === 0 ? 'none allowed' : `${me.devices_enrolled} of ${me.device_allowance} used`;
  return left === 0
    ? ` You may enroll no more (${used}). An admin can give you more.`
    : ` You may enroll ${left} more (${used}).`;
}
