import type { Route } from '../api/route.ts';
import { apiKeyRoutes } from './api-key-routes.ts';
import { deliveryRoutes } from './delivery-routes.ts';
import type { AdminDependencies } from './dependencies.ts';
import { deviceRoutes } from './device-routes.ts';
import { messageRoutes } from './message-routes.ts';
import { workspaceRoutes } from './workspace-routes.ts';
import { workspaceSettingRoutes } from './workspace-setting-routes.ts';

/** Every route of the admin API. */
export function adminRoutes(dependencies: AdminDependencies): Route[] {
  return [
    ...workspaceRoutes(dependencies),
    ...workspaceSettingRoutes(dependencies),
    ...apiKeyRoutes(dependencies),
    ...deviceRoutes(dependencies),
    ...messageRoutes(dependencies),
    ...deliveryRoutes(dependencies),
  ];
}
