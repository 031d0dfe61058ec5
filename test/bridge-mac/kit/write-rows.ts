// A writer as careful as Messages' own: synchronous=FULL, one commit per row, in a process of its own.
// Arguments: database, number of rows, pause between them in milliseconds.
import { MessagesDb } from './messages-db.ts';

const [path = '', count = '0', pause = '0'] = process.argv.slice(2);
const messages = MessagesDb.open(path);
messages.db.pragma('synchronous = FULL');
for (let index = 0; index < Number(count); index += 1) {
  messages.receive({ text: `row ${index}` });
  await new Promise((resolve) => setTimeout(resolve, Number(pause)));
}
messages.db.close();
