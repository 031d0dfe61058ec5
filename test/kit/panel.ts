import { join } from 'node:path';
import { ensurePanel } from '../../scripts/build-panel.mjs';
import { ROOT } from '../architecture/sources.ts';

/** The folder of the panel, built from the sources as they are now. */
export function providePanel(): string {
  ensurePanel(ROOT);
  return join(ROOT, 'dist/panel');
}
