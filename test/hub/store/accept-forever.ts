import { openSqliteStore } from '../../../hub/store/open-store.ts';
import { groupCalls } from '../../../shared/runtime/group.ts';
import { createLog } from '../../../shared/runtime/log.ts';
import { addLine, NOW, newMessage } from './contract/fixtures.ts';
import { linkTo } from './sqlite-fixtures.ts';

/**
 * A process that accepts messages until it is killed, and prints the id of each one after the store has said that it is
 * kept. Arguments: database file, secret.
 */
// Where the system limits the size of files, the write is to fail, not the process.
process.on('SIGXFSZ', () => {});

const [file = '', secret = ''] = process.argv.slice(2);
const store = await openSqliteStore({ file, secret, log: createLog('child', 'silent'), linkTo });
const line = await addLine(store);
const accept = groupCalls((messages: ReturnType<typeof newMessage>[]) => store.acceptMessages(messages, NOW));
for (;;)
  await Promise.all(
    Array.from({ length: 20 }, async () => {
      const outcome = await accept(newMessage(line.location_id));
      if (outcome.kind === 'accepted') process.stdout.write(`${outcome.id}\n`);
    }),
  );
