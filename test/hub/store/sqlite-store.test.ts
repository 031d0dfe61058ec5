import { openTemporary } from './sqlite-fixtures.ts';
import { describeStore } from './store-contract.ts';

describeStore('SQLite', openTemporary);
