// The simulated Mac's `osascript`: hands its arguments to the simulated Mac and prints what comes back. Plain JavaScript
// without dependencies, because every send starts it. Arguments: the simulated Mac's home folder, then osascript's own.
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';

const [home, ...argv] = process.argv.slice(2);

function notRunning() {
  process.stderr.write('0:0: execution error: Messages got an error: Application isn’t running. (-600)\n');
  process.exit(1);
}

function finish({ stdout, stderr, code }) {
  process.exitCode = code;
  process.stderr.write(stderr);
  process.stdout.write(stdout);
  socket.destroy();
}

let path;
try {
  path = readFileSync(`${home}/control-socket`, 'utf8');
} catch {
  notRunning();
}

const socket = connect(path);
let received = '';
let answered = false;
socket.setEncoding('utf8');
socket.on('error', notRunning);
socket.on('close', () => {
  if (answered) return;
  process.stderr.write('0:0: execution error: Messages got an error: Connection is invalid. (-609)\n');
  process.exit(1);
});
socket.on('connect', () => {
  socket.write(`${JSON.stringify({ op: 'osascript', argv, env: process.env, cwd: process.cwd() })}\n`);
});
socket.on('data', (chunk) => {
  received += chunk;
  for (let end = received.indexOf('\n'); end >= 0; end = received.indexOf('\n')) {
    const message = JSON.parse(received.slice(0, end));
    received = received.slice(end + 1);
    if (message.want === 'stdin') socket.write(`${JSON.stringify({ stdin: readFileSync(0, 'utf8') })}\n`);
    if (message.error !== undefined) {
      answered = true;
      finish({ stdout: '', stderr: `osascript: ${message.error}\n`, code: 1 });
    }
    if (message.answer !== undefined) {
      answered = true;
      finish(message.answer);
    }
  }
});
