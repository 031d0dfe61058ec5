import { NavLink } from '@mantine/core';
import {
  IconActivity,
  IconBook2,
  IconBuildingStore,
  IconDeviceMobile,
  IconDevices,
  IconHistory,
  IconMessages,
  IconUsers,
  IconWebhook,
  type TablerIcon,
} from '@tabler/icons-react';
import { Link, useLocation } from 'react-router';
import { useMe } from '../api/me.ts';
import classes from './shell.module.css';

interface Place {
  to: string;
  label: string;
  icon: TablerIcon;
  /** Pages beneath others that belong to it. */
  also?: string;
  adminOnly?: true;
}

const PLACES: Place[] = [
  { to: '/', label: 'Overview', icon: IconActivity },
  { to: '/workspaces', label: 'Workspaces / Webhooks', icon: IconBuildingStore },
  { to: '/sims', label: 'Subaccount SIMs', icon: IconDeviceMobile },
  { to: '/devices', label: 'Devices', icon: IconDevices },
  { to: '/messages', label: 'Messages', icon: IconMessages, also: '/conversations' },
  { to: '/deliveries', label: 'Deliveries', icon: IconWebhook },
  { to: '/users', label: 'Users', icon: IconUsers, adminOnly: true },
  { to: '/audit', label: 'Audit log', icon: IconHistory, adminOnly: true },
];

interface NavigationProps {
  onNavigate: () => void;
}

export function Navigation({ onNavigate }: NavigationProps) {
  const { pathname } = useLocation();
  const { data: me } = useMe();
  return (
    <nav aria-label="Main">
      <ul className={classes.places}>
        {PLACES.filter(({ adminOnly }) => !adminOnly || me?.role === 'admin').map((place) => (
          <li key={place.to}>
            <PlaceLink place={place} isHere={isHere(place, pathname)} onNavigate={onNavigate} />
          </li>
        ))}
      </ul>
    </nav>
  );
}

interface PlaceLinkProps extends NavigationProps {
  place: Place;
  isHere: boolean;
}

function PlaceLink({ place: { to, label, icon: Icon }, isHere: active, onNavigate }: PlaceLinkProps) {
  return (
    <NavLink
      component={Link}
      to={to}
      label={label}
      leftSection={<Icon size={18} stroke={1.7} aria-hidden />}
      active={active}
      aria-current={active ? 'page' : undefined}
      onClick={onNavigate}
      className={classes.place}
    />
  );
}

function isHere({ to, also }: Place, pathname: string): boolean {
  if (to === '/') return pathname === '/';
  return [to, also].some(
    (place) => place !== undefined && (pathname === place || pathname.startsWith(`${place}/`)),
  );
}

/** The hub describes its own API, to programs and to people. */
export function ApiLink() {
  return (
    <NavLink
      href="/api/openapi.json"
      target="_blank"
      rel="noreferrer"
      label="API description"
      leftSection={<IconBook2 size={18} stroke={1.7} aria-hidden />}
      className={classes.place}
    />
  );
}
