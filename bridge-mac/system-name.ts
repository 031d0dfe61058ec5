const NAMES: Record<string, string> = {
  darwin: 'macOS',
  linux: 'Linux',
  win32: 'Windows',
  freebsd: 'FreeBSD',
};

/** What people call the system that Node calls `platform`. */
export function nameSystem(platform: string): string {
  return NAMES[platform] ?? platform;
}

/** What is said of a command that only a Mac can carry out, in one line. */
export function explainNoMac(platform: string): string {
  return `The bridge runs on macOS, beside Messages; this is ${nameSystem(platform)}. On this machine \`npm start\`, in a checkout of Bluewire, drives a simulated Mac.`;
}
