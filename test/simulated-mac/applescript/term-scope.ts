import type { Terminology } from './terminology.ts';

/** Terms visible at a point of the script: the language's own and, in a `tell`, the application's. */
export interface TermScope {
  current(): Terminology | undefined;
}
