import { connect } from 'node:net';

/** Sends bytes as they are and answers everything that came back until the connection ended. */
export function sendRaw(url: string, ...parts: (string | Buffer)[]): Promise<string> {
  const { hostname, port } = new URL(url);
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = connect(Number(port), hostname);
  const received: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => received.push(chunk));
  socket.on('error', () => undefined);
  socket.on('close', () => resolve(Buffer.concat(received).toString('latin1')));
  for (const part of parts) socket.write(part);
  return promise;
}

/** Sends the beginning of a request and cuts the connection. */
export async function sendAndAbort(url: string, part: string): Promise<void> {
  const { hostname, port } = new URL(url);
  const { promise, resolve } = Promise.withResolvers<void>();
  const socket = connect(Number(port), hostname, () => {
    socket.write(part, () => socket.resetAndDestroy());
  });
  socket.on('error', () => undefined);
  socket.on('close', () => resolve());
  await promise;
}
