import { Notifications } from '@mantine/notifications';
import { Outlet } from 'react-router';

/** What every page stands in. The notices are within the router, so that they can bear links. */
export function Root() {
  return (
    <>
      <Notifications position="bottom-right" containerWidth={380} />
      <Outlet />
    </>
  );
}
