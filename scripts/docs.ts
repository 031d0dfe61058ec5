// `npm run docs`: writes what the code knows (settings, failure codes) into the documents.
import { SECTIONS, writeSection } from './docs/sections.ts';

for (const { file, marker, text } of SECTIONS) writeSection(file, marker, text());
