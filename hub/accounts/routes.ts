import type { Route } from '../api/route.ts';
import { authRoutes } from './auth-routes.ts';
import type { AccountDependencies } from './dependencies.ts';
import { meRoute } from './me.ts';
import { setupRoutes } from './setup-routes.ts';

/** Every route about the people who use the panel. */
export function accountRoutes(dependencies: AccountDependencies): Route[] {
  return [meRoute(dependencies), ...setupRoutes(dependencies), ...authRoutes(dependencies)];
}
