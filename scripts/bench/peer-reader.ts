// The peer beside us in the bench: @photon-ai/imessage-kit watching the same database, in a process of its own. It tells its
// parent `ready`, then every text that it reports.
import Database from 'better-sqlite3';

const [path = ''] = process.argv.slice(2);
// Its binary is chosen by platform at the first use, so that comes before the preset; the kit refuses off macOS.
new Database(':memory:').close();
Object.defineProperty(process, 'platform', { value: 'darwin' });
const { IMessageSDK } = await import('@photon-ai/imessage-kit');

const kit = new IMessageSDK({ databasePath: path });
await kit.startWatching({
  onIncomingMessage: (message) => {
    process.send?.({ text: message.text });
  },
});
process.send?.({ ready: true });
