import type { Route } from '../api/route.ts';
import { apiKeyRoutes } from './api-key-routes.ts';
import { auditRoutes } from './audit-routes.ts';
import { deliveryRoutes } from './delivery-routes.ts';
import type { AdminDependencies } from './dependencies.ts';
import { deviceRoutes } from './device-routes.ts';
import { messageActionRoutes } from './message-action-routes.ts';
import { messageExportRoute } from './message-export-route.ts';
import { messageRoutes } from './message-routes.ts';
import { webhookRoutes } from './webhook-routes.ts';
import { workspaceRoutes } from './workspace-routes.ts';
import { workspaceSettingRoutes } from './workspace-setting-routes.ts';

/** Every route of the admin API. */
export function adminRoutes(dependencies: AdminDependencies): Route[] {
  return [
    ...workspaceRoutes(dependencies),
    ...workspaceSettingRoutes(dependencies),
    ...webhookRoutes(dependencies),
    ...apiKeyRoutes(dependencies),
    ...deviceRoutes(dependencies),
    ...messageRoutes(dependencies),
    messageExportRoute(dependencies),
    ...messageActionRoutes(dependencies),
    ...deliveryRoutes(dependencies),
    ...auditRoutes(dependencies),
  ];
}
