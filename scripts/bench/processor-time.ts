import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

// Linux counts in ticks of a hundredth of a second, whatever its kernel does inside.
const TICK_MS = 10;
const UTIME = 11;
const STIME = 12;

/** Milliseconds of processor time that a process has used so far. */
export function processorTimeOf(pid: number): number {
  if (process.platform === 'linux') {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[UTIME]) + Number(fields[STIME])) * TICK_MS;
  }
  const time = execFileSync('ps', ['-o', 'time=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  const [seconds = 0, minutes = 0, hours = 0] = time.split(':').map(Number).reverse();
  return ((hours * 60 + minutes) * 60 + seconds) * 1_000;
}
