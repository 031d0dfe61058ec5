import { AppShell, Burger, Divider, Group, ScrollArea } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Link, Outlet, ScrollRestoration } from 'react-router';
import { useLiveChanges } from '../api/live.ts';
import { AccountMenu } from './account-menu.tsx';
import { Brand } from './brand.tsx';
import { HubDownBanner } from './hub-down-banner.tsx';
import { ApiLink, Navigation } from './navigation.tsx';
import { SessionGate } from './session-gate.tsx';
import classes from './shell.module.css';

const MAIN_ID = 'main';

/** What surrounds every page of who is signed in. */
export function Shell() {
  return (
    <SessionGate>
      <SignedInShell />
    </SessionGate>
  );
}

function SignedInShell() {
  const [isOpen, { toggle, close }] = useDisclosure(false);
  const isLive = useLiveChanges();
  return (
    <>
      <a className={classes.skip} href={`#${MAIN_ID}`}>
        Skip to content
      </a>
      <AppShell
        layout="alt"
        header={{ height: { base: 54, sm: 0 } }}
        navbar={{ width: 264, breakpoint: 'sm', collapsed: { mobile: !isOpen } }}
      >
        <AppShell.Header hiddenFrom="sm" className={classes.header} role="region" aria-label="Top bar">
          <Group h="100%" justify="space-between">
            <BrandLink onClick={close} />
            <Burger
              opened={isOpen}
              onClick={toggle}
              size="sm"
              aria-label="Open navigation"
              aria-expanded={isOpen}
            />
          </Group>
        </AppShell.Header>
        <AppShell.Navbar className={classes.navbar}>
          <Sidebar isLive={isLive} onClose={close} />
        </AppShell.Navbar>
        <AppShell.Main className={classes.main} id={MAIN_ID} tabIndex={-1}>
          <HubDownBanner />
          <div className={classes.page}>
            <Outlet />
          </div>
        </AppShell.Main>
      </AppShell>
      <ScrollRestoration />
    </>
  );
}

interface SidebarProps {
  isLive: boolean;
  onClose: () => void;
}

function Sidebar({ isLive, onClose }: SidebarProps) {
  return (
    <>
      <AppShell.Section mb="md">
        <Group justify="space-between">
          <BrandLink onClick={onClose} />
          <Burger opened onClick={onClose} size="sm" aria-label="Close navigation" hiddenFrom="sm" />
        </Group>
      </AppShell.Section>
      <AppShell.Section grow component={ScrollArea} type="never">
        <Navigation onNavigate={onClose} />
      </AppShell.Section>
      <AppShell.Section>
        <ApiLink />
        <Group px={10} py={8}>
          <span className={classes.live} data-live={isLive || undefined}>
            <span className={classes.liveDot} aria-hidden />
            {isLive ? 'Live' : 'Refreshed every 30 seconds'}
          </span>
        </Group>
        <Divider mb={8} />
        <AccountMenu />
      </AppShell.Section>
    </>
  );
}

function BrandLink({ onClick }: { onClick: () => void }) {
  return (
    <Link to="/" className={classes.brandLink} onClick={onClick} aria-label="Bluewire, overview">
      <Brand />
    </Link>
  );
}
