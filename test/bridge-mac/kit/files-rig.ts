import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { IncomingFiles } from '../../../bridge-mac/attachments/incoming.ts';
import { Uploader } from '../../../bridge-mac/attachments/upload.ts';
import { createLog } from '../../../shared/runtime/log.ts';
import { waitFor } from '../../kit/wait.ts';
import { setUpInbox } from './inbox-rig.ts';
import type { NewRow } from './messages-db.ts';
import { StandInHub } from './stand-in-hub.ts';

const FOLDER = 'Library/Messages/Attachments';

/** The way in with real files, uploaded to a stand-in hub. */
export async function setUpFiles({ converts = false, deadlineMs = 600_000 } = {}) {
  const inbox = setUpInbox();
  const hub = await StandInHub.start();
  const { messages, rig, home } = inbox;
  let desk: IncomingFiles;
  const open = (): void => {
    const log = createLog('test', 'debug', { write: (line) => void rig.logged.push(JSON.parse(line)) });
    desk = new IncomingFiles({
      store: rig.store,
      uploader: new Uploader({ hubUrl: hub.url, token: hub.token, log }),
      home: home.path,
      roots: [join(home.path, 'Library/Messages')],
      deadlineMs,
      convertedFolder: converts ? join(home.path, 'incoming') : undefined,
      onProgress: () => undefined,
      log,
    });
    rig.files = desk;
  };
  open();
  const it = {
    messages,
    rig,
    hub,
    home: home.path,
    look: inbox.look,
    /** Puts a file where Messages would, and answers what the row says of it. */
    put(
      name: string,
      content: Buffer | string,
    ): { filename: string; transfer_name: string; total_bytes: number } {
      const filename = `${FOLDER}/${name}`;
      const path = join(home.path, filename);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
      const total_bytes = Buffer.byteLength(content);
      return { filename: `~/${filename}`, transfer_name: name.split('/').at(-1) ?? name, total_bytes };
    },
    /** A received message with one whole file. */
    receiveFile(name: string, content: Buffer | string, row: NewRow = {}): { rowId: number; guid: string } {
      const message = messages.receive({ text: name, ...row });
      messages.attach(message.rowId, { ...it.put(name, content), transfer_state: 5 });
      return message;
    },
    /** Looks until so many messages are in the journal. */
    async waitForMessages(count: number): Promise<void> {
      await waitFor(`${count} messages`, () => {
        inbox.look();
        return rig.entries.length >= count;
      });
    },
    /** What a new process does with what is on disk. */
    async restart(): Promise<void> {
      await desk[Symbol.asyncDispose]();
      open();
      rig.restart();
    },
    async [Symbol.asyncDispose]() {
      await desk[Symbol.asyncDispose]();
      await hub[Symbol.asyncDispose]();
      await inbox[Symbol.asyncDispose]();
    },
  };
  return it;
}
