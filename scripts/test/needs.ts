import { findChromium } from '../../test/kit/browser/find-chromium.ts';
import { findPostgres } from '../../test/kit/find-postgres.ts';
import type { Need } from './provide.ts';

/** What `npm test` installs where it is lacking and may be installed. */
export const NEEDS: Need[] = [
  {
    name: 'PostgreSQL',
    isThere: () => findPostgres() !== undefined,
    apt: {
      package: 'postgresql',
      // The tests start servers of their own: Debian's need not make a cluster, and start it with the machine.
      settings: {
        file: '/etc/postgresql-common/createcluster.d/bluewire-tests.conf',
        text: 'create_main_cluster = false\n',
      },
    },
    brew: 'postgresql@17',
  },
  {
    name: 'Chromium',
    isThere: () => findChromium() !== undefined,
    apt: { package: 'chromium' },
    brew: 'google-chrome',
  },
];
