import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { MessageEvent } from '../../shared/api/webhook-events.ts';
import { FileServer, JPEG, PNG, sha256 } from '../hub/media/file-server.ts';
import { makeFolder } from '../hub/store/sqlite-fixtures.ts';
import { System } from '../kit/system.ts';
import { waitFor } from '../kit/wait.ts';

const MEGABYTE = 1024 * 1024;

async function memoryOf(system: System): Promise<number> {
  const response = await fetch(`${system.hub.url}/metrics`);
  return Number(/^bluewire_resident_memory_bytes (\S+)/m.exec(await response.text())?.[1]);
}

test('a message with files goes out as files and text, in order, and is DELIVERED', async () => {
  await using system = await System.start();
  await using server = await FileServer.start();
  const message = { location_id: system.locationId, user_id: 1, phone: '+12145550100', channel: 'imessage' };
  const attachments = [server.serve('/one.png', PNG), server.serve('/two.jpg', JPEG)];
  await system.hub.send({ ...message, message: 'and words', message_id: 'm1', attachments });
  await system.hub.send({ ...message, message: 'what follows', message_id: 'm2' });
  await waitFor('both DELIVERED', () =>
    ['m1', 'm2'].every((id) => system.receiver.statusesOf(id).includes('DELIVERED')),
  );
  const sent = await system.mac.sent();
  expect(sent.map((one) => one.sha256 ?? one.text)).toEqual([
    sha256(PNG),
    sha256(JPEG),
    'and words',
    'what follows',
  ]);
}, 120_000);

test('a received file is a link that works, and 90 MB of it raise the memory of the hub by little', async () => {
  await using system = await System.start();
  await using folder = await makeFolder();
  const small = join(folder.path, 'photo.jpg');
  await writeFile(small, JPEG);
  const big = join(folder.path, 'film.bin');
  const content = randomBytes(90 * MEGABYTE);
  await writeFile(big, content);
  const eventOf = (text: string) =>
    waitFor(`the event of ${text}`, () =>
      system.receiver.events.find(
        (event): event is MessageEvent => event.type === 'MESSAGE' && event.message.includes(text),
      ),
    );
  await system.mac.receive({ from: '+12145550100', text: 'a photo', attachment: small });
  const first = await eventOf('a photo');
  const photo = await fetch(first.attachments[0] ?? '');
  expect([photo.status, Buffer.from(await photo.arrayBuffer())]).toEqual([200, await readFile(small)]);

  const before = await memoryOf(system);
  await system.mac.receive({ from: '+12145550100', text: 'a film', attachment: big });
  const second = await eventOf('a film');
  const film = await fetch(second.attachments[0] ?? '');
  expect(Buffer.compare(Buffer.from(await film.arrayBuffer()), content)).toBe(0);
  expect((await memoryOf(system)) - before).toBeLessThan(75 * MEGABYTE);
}, 120_000);
