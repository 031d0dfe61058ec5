import type { ComponentType } from 'react';
import { createBrowserRouter, type RouteObject } from 'react-router';
import { BrokenPage, NoSuchPage } from './shell/broken-page.tsx';
import { FirstLoad } from './shell/first-load.tsx';
import { Root } from './shell/root.tsx';
import { Shell } from './shell/shell.tsx';

const PAGES: RouteObject[] = [
  page('/', () => import('./pages/overview/overview-page.tsx').then((file) => file.OverviewPage)),
  page('/workspaces', () =>
    import('./pages/workspaces/workspaces-page.tsx').then((file) => file.WorkspacesPage),
  ),
  page('/sims', () => import('./pages/sims/sims-page.tsx').then((file) => file.SimsPage)),
  page('/devices', () => import('./pages/devices/devices-page.tsx').then((file) => file.DevicesPage)),
  page('/devices/:id', () => import('./pages/devices/device-page.tsx').then((file) => file.DevicePage)),
  page('/messages', () => import('./pages/messages/messages-page.tsx').then((file) => file.MessagesPage)),
  page('/messages/:id', () => import('./pages/messages/message-page.tsx').then((file) => file.MessagePage)),
  page('/conversations/:location_id/:phone', () =>
    import('./pages/conversations/conversation-page.tsx').then((file) => file.ConversationPage),
  ),
  page('/deliveries', () =>
    import('./pages/deliveries/deliveries-page.tsx').then((file) => file.DeliveriesPage),
  ),
  page('/deliveries/:id', () =>
    import('./pages/deliveries/delivery-page.tsx').then((file) => file.DeliveryPage),
  ),
  page('/users', () => import('./pages/users/users-page.tsx').then((file) => file.UsersPage)),
  page('/audit', () => import('./pages/audit/audit-page.tsx').then((file) => file.AuditPage)),
  page('/account', () => import('./pages/account/account-page.tsx').then((file) => file.AccountPage)),
];

export const router = createBrowserRouter([
  {
    Component: Root,
    ErrorBoundary: BrokenPage,
    HydrateFallback: FirstLoad,
    children: [
      page('/login', () => import('./pages/login/login-page.tsx').then((file) => file.LoginPage)),
      page('/setup/:code', () => import('./pages/setup/setup-page.tsx').then((file) => file.SetupPage)),
      {
        Component: Shell,
        // Within the shell, so that what breaks in a page leaves the way to the others.
        children: [{ ErrorBoundary: BrokenPage, children: [...PAGES, { path: '*', Component: NoSuchPage }] }],
      },
    ],
  },
]);

/** A page whose code is fetched when it is first gone to. */
function page(path: string, load: () => Promise<ComponentType>): RouteObject {
  return { path, lazy: { Component: load } };
}
