// Brings a file to a hub as the bridge does, in a process of its own, and tells by how much its memory grew.
// Arguments: hub, token, file.
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashFile, Uploader } from '../../../bridge-mac/attachments/upload.ts';
import { createLog } from '../../../shared/runtime/log.ts';

const [hubUrl = '', token = '', path = ''] = process.argv.slice(2);
const { signal } = new AbortController();
const uploader = new Uploader({ hubUrl, token, log: createLog('send-file', 'error') });

// What the first file of all takes is not what a large one takes.
const small = join(tmpdir(), `bluewire-small-${process.pid}`);
writeFileSync(small, Buffer.alloc(2_000_000));
await uploader.upload(await hashFile(small, signal), signal);
const before = process.resourceUsage().maxRSS;
const local = await hashFile(path, signal);
await uploader.upload(local, signal);
const grown_mb = (process.resourceUsage().maxRSS - before) / 1024;
console.log(JSON.stringify({ size: local.size, grown_mb }));
