import { describeWithPostgres } from '../../kit/describe-with-postgres.ts';
import { databasesOf } from './postgres-fixtures.ts';
import { describeStore } from './store-contract.ts';

describeWithPostgres('Postgres', (postgres) => describeStore('Postgres', databasesOf(postgres)));
