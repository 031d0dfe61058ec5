import { Button } from '@mantine/core';
import { IconBuildingStore, IconDevices } from '@tabler/icons-react';
import { Link } from 'react-router';
import { useDevices } from '../../api/devices.ts';
import { useAllowance } from '../../api/me.ts';
import { useWorkspaces } from '../../api/workspaces.ts';
import { EmptyNote } from '../../ui/empty-note.tsx';

/** On a hub where nothing can flow yet: what to do next. */
export function FirstSteps() {
  const { data: workspaces } = useWorkspaces();
  const { data: devices } = useDevices();
  const allowance = useAllowance();
  if (workspaces === undefined || devices === undefined) return null;
  if (workspaces.length === 0)
    return (
      <EmptyNote
        icon={IconBuildingStore}
        title="Begin with a workspace"
        action={
          <Button component={Link} to="/workspaces">
            Workspaces / Webhooks
          </Button>
        }
      >
        A workspace is a client system that sends and receives. Then pair a device, and connect the two under
        Subaccount SIMs.
      </EmptyNote>
    );
  // Others' devices may serve the viewer's workspaces, and who may enroll none can but wait for one.
  const isServed = workspaces.some(({ served_channels }) => served_channels.length > 0);
  if (devices.length === 0 && !isServed && allowance > 0)
    return (
      <EmptyNote
        icon={IconDevices}
        title="No device yet"
        action={
          <Button component={Link} to="/devices">
            Pair a device
          </Button>
        }
      >
        Messages wait until a device takes them: pair a Mac, an Android phone or a WhatsApp number.
      </EmptyNote>
    );
  return null;
}
