import { Button } from '@mantine/core';
import { IconDevices, IconPlus } from '@tabler/icons-react';
import { useDevices } from '../../api/devices.ts';
import { useMe } from '../../api/me.ts';
import { EmptyNote } from '../../ui/empty-note.tsx';
import { useFilters } from '../../ui/filters.ts';
import { PageHeader } from '../../ui/page-header.tsx';
import { QueryView } from '../../ui/query-view.tsx';
import { DeviceTable } from './device-table.tsx';
import { EnrollDevice } from './enroll-device.tsx';

const DIALOGS = ['new'] as const;

export function DevicesPage() {
  const devices = useDevices();
  const { values, set } = useFilters(DIALOGS);
  const { mayEnroll, allowance } = useAllowance();
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
            <EmptyNote icon={IconDevices} title="No device yet" action={enroll}>
              Enroll a Mac that is signed in to Messages: a one-time code and one command pair it with this
              hub.
            </EmptyNote>
          ) : (
            <DeviceTable devices={list} />
          )
        }
      </QueryView>
      {values.new && <EnrollDevice onClose={() => set({ new: null })} />}
    </>
  );
}

/** How many devices one may enroll, where that is limited. */
function useAllowance(): { mayEnroll: boolean; allowance: string } {
  const { data: me } = useMe();
  if (!me || me.role === 'admin' || me.device_allowance === null) return { mayEnroll: true, allowance: '' };
  const left = Math.max(0, me.device_allowance - me.devices_enrolled);
  return {
    mayEnroll: left > 0,
    allowance: ` You may enroll ${left === 0 ? 'no more' : `${left} more`} (${me.devices_enrolled} of ${me.device_allowance} used).`,
  };
}
