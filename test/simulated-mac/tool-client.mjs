// Every tool of the simulated Mac but osascript: hands its arguments over and ends as it is told to. Arguments: the
// simulated Mac's home folder, the tool's name, then its own.
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';

const LOOK_EVERY_MS = 200;
const [home, tool, ...argv] = process.argv.slice(2);

function gone() {
  process.stderr.write(`${tool}: the simulated Mac in ${home} does not run\n`);
  process.exit(1);
}

function isThere(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

let path;
try {
  path = readFileSync(`${home}/control-socket`, 'utf8');
} catch {
  gone();
}
const socket = connect(path);
let received = '';
socket.setEncoding('utf8');
socket.on('error', gone);
socket.on('close', gone);
socket.on('connect', () => {
  socket.write(`${JSON.stringify({ op: 'tool', tool, argv, cwd: process.cwd(), uid: process.getuid() })}\n`);
});
socket.on('data', (chunk) => {
  received += chunk;
  if (!received.endsWith('\n')) return;
  const { answer, error } = JSON.parse(received);
  if (answer?.hangs) return;
  if (answer?.whilePid !== undefined) {
    setInterval(() => {
      if (!isThere(answer.whilePid)) process.exit(0);
    }, LOOK_EVERY_MS);
    return;
  }
  process.stderr.write(error === undefined ? (answer.stderr ?? '') : `${tool}: ${error}\n`);
  process.stdout.write(answer?.stdout ?? '');
  process.exitCode = answer === undefined ? 1 : (answer.code ?? 0);
  socket.removeAllListeners('close');
  socket.destroy();
});
