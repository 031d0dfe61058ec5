// A launchd that really starts programs: `node launchd.mjs FOLDER <launchctl's arguments>`. It keeps one job, starts it as
// its property list says, starts it again unless it ended with 0, and ends it at `bootout`.
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'plist';

const [folder, verb, , file] = process.argv.slice(2);
const job = join(folder, 'job.json');

function fail(status, words) {
  console.error(words);
  process.exit(status);
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function keep(state) {
  writeFileSync(
    job,
    JSON.stringify({ ...(existsSync(job) ? JSON.parse(readFileSync(job, 'utf8')) : {}), ...state }),
  );
}

/** The job's keeper, in a process of its own. */
function supervise() {
  const agent = parse(readFileSync(file, 'utf8'));
  const [command, ...args] = agent.ProgramArguments;
  let child;
  const start = () => {
    const output = openSync(agent.StandardErrorPath, 'a');
    child = spawn(command, args, {
      // launchd gives a job little; NODE_OPTIONS make this machine a Mac.
      env: { HOME: process.env.HOME, NODE_OPTIONS: process.env.NODE_OPTIONS, ...agent.EnvironmentVariables },
      cwd: agent.WorkingDirectory,
      stdio: ['ignore', output, output],
    });
    closeSync(output);
    keep({ pid: child.pid });
    child.on('exit', (code) => {
      keep({ pid: 0, exit: code });
      if (code !== 0) setTimeout(start, 50);
    });
  };
  process.on('SIGTERM', () => {
    const forget = (code) => {
      writeFileSync(join(folder, 'last-exit'), String(code));
      rmSync(job);
      process.exit(0);
    };
    if (child.exitCode !== null) forget(child.exitCode);
    child.removeAllListeners('exit');
    child.on('exit', forget);
    child.kill('SIGTERM');
  });
  // A job that ended stays known until it is booted out.
  setInterval(() => {}, 60_000);
  start();
}

switch (verb) {
  case 'supervise':
    keep({ keeper: process.pid });
    supervise();
    break;
  case 'bootstrap': {
    if (existsSync(job)) fail(37, 'Bootstrap failed: 37: Operation already in progress');
    writeFileSync(job, '{"pid":0}');
    const argv = [fileURLToPath(import.meta.url), folder, 'supervise', '-', file];
    spawn(process.execPath, argv, { detached: true, stdio: 'ignore' }).unref();
    break;
  }
  case 'bootout': {
    if (!existsSync(job)) fail(3, 'Boot-out failed: 3: No such process');
    process.kill(JSON.parse(readFileSync(job, 'utf8')).keeper, 'SIGTERM');
    break;
  }
  case 'print': {
    if (!existsSync(job)) fail(113, 'Could not find service');
    const { pid, exit } = JSON.parse(readFileSync(job, 'utf8'));
    console.log(`{\n\tstate = ${pid && isAlive(pid) ? 'running' : 'waiting'}`);
    if (pid && isAlive(pid)) console.log(`\tpid = ${pid}`);
    console.log(`\tlast exit code = ${exit ?? '(never exited)'}\n}`);
    break;
  }
  case 'managername':
    console.log('Aqua');
    break;
  default:
}
