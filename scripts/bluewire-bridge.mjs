#!/usr/bin/env node
import { runBuilt } from './pinned-node.mjs';

await runBuilt(new URL('../dist/bridge-mac/main.js', import.meta.url));
