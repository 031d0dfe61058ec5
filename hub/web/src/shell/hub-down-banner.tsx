import { Alert } from '@mantine/core';
import { IconPlugConnectedX } from '@tabler/icons-react';
import { useIsHubDown } from '../api/connection.ts';
import classes from './shell.module.css';

/** Stays while the hub gives no answer, and is read out when it comes. */
export function HubDownBanner() {
  const isDown = useIsHubDown();
  return (
    <div role="status" aria-live="polite" className={classes.banner}>
      {isDown && (
        <Alert
          color="orange"
          variant="filled"
          radius={0}
          py={8}
          icon={<IconPlugConnectedX size={18} aria-hidden />}
        >
          The hub cannot be reached. This page keeps trying and goes on by itself; what you have typed stays.
        </Alert>
      )}
    </div>
  );
}
