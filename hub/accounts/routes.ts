import type { Route } from '../api/route.ts';
import { authRoutes } from './auth-routes.ts';
import type { AccountDependencies } from './dependencies.ts';
import { meRoute } from './me.ts';
import { setupRoutes } from './setup-routes.ts';
import { userRoutes } from './user-routes.ts';

/** Every route about the people who use the panel. */
export function accountRoutes(dependencies: AccountDependencies): Route[] {
  return [
    meRoute(dependencies),
    ...setupRoutes(dependencies),
    ...userRoutes(dependencies),
    ...authRoutes(dependencies),
  ];
}
