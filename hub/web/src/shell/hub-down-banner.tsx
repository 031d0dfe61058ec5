import { Portal } from '@mantine/core';
import { IconPlugConnectedX } from '@tabler/icons-react';
import { useIsHubDown } from '../api/connection.ts';
import classes from './shell.module.css';

/** Stays above everything, dialogs too, while the hub gives no answer; it is read out when it comes. */
export function HubDownBanner() {
  const isDown = useIsHubDown();
  return (
    <Portal>
      <div role="status" aria-live="polite" className={classes.bannerPlace}>
        {isDown && (
          <div className={classes.banner}>
            <IconPlugConnectedX size={20} aria-hidden />
            <span>
              <b>The hub cannot be reached.</b> This page keeps trying and goes on by itself; what you have
              typed stays.
            </span>
          </div>
        )}
      </div>
    </Portal>
  );
}
