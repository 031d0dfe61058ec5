import { release, type } from 'node:os';

/** Kernel name and release, such as `Darwin 25.1.0` (macOS 26): known without asking another program. */
export const OS_VERSION = `${type()} ${release()}`.slice(0, 64);
