import { join } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { compressAssets } from './compress-assets.ts';
import { mantineStyles } from './mantine-styles.ts';

const here = import.meta.dirname;

export default defineConfig({
  root: here,
  plugins: [react(), mantineStyles(), compressAssets()],
  build: {
    outDir: join(here, '../../dist/panel'),
    emptyOutDir: true,
    // Inlined files would be data: addresses, which the hub's policy keeps scripts, styles and fonts from.
    assetsInlineLimit: 0,
    // The first that know light-dark(): rewritten for older ones it does not follow Mantine's switch of the colour scheme.
    cssTarget: ['chrome123', 'edge123', 'firefox120', 'safari17.5'],
    modulePreload: { polyfill: false },
    manifest: 'manifest.json',
    reportCompressedSize: false,
    // What is loaded first is measured by a test, compressed.
    chunkSizeWarningLimit: 2_000,
  },
});
