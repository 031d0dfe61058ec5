import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUIDv7 } from 'node:crypto';
import { type CustomAdapter, createAdapterFactory } from 'better-auth/adapters';
import type { AuthCondition, AuthRow, AuthRows, AuthTable } from '../store/auth-rows.ts';
import { StoreUnavailableError } from '../store/store.ts';

type Where = NonNullable<Parameters<CustomAdapter['count']>[0]['where']>;

const OPERATORS: Partial<Record<Where[number]['operator'], AuthCondition['operator']>> = {
  eq: '=',
  ne: '<>',
  lt: '<',
  lte: '<=',
  gt: '>',
  gte: '>=',
  in: 'in',
};

/** What the store could not do while the library worked, which makes an answer of its own of it. */
const FAULTS = new AsyncLocalStorage<{ fault?: StoreUnavailableError }>();

/** Runs `work` of the library; throws StoreUnavailableError where the store did, whatever the library made of it. */
export async function passFaults<T>(work: () => Promise<T>): Promise<T> {
  const met: { fault?: StoreUnavailableError } = {};
  try {
    const result = await FAULTS.run(met, work);
    if (met.fault === undefined) return result;
  } catch (error) {
    throw met.fault ?? error;
  }
  throw met.fault;
}

/**
 * The library's rows in the hub's store. Each of its calls is one statement there, on the store's own connection and in
 * turn with its steps; no transaction of it spans the hashing of a password.
 */
export function storeAdapter(rows: AuthRows) {
  return createAdapterFactory({
    config: {
      adapterId: 'bluewire-store',
      supportsDates: true,
      supportsBooleans: false,
      supportsJSON: false,
      transaction: false,
      customIdGenerator: () => randomUUIDv7(),
      customTransformInput: ({ data }) => (data instanceof Date ? data.getTime() : data),
      customTransformOutput: ({ data, fieldAttributes }) =>
        fieldAttributes.type === 'date' && typeof data === 'number' ? new Date(data) : data,
    },
    adapter: ({ getFieldName }) => adapt(rows, getFieldName),
  });
}

type NameColumn = (of: { model: string; field: string }) => string;

function adapt(rows: AuthRows, nameColumn: NameColumn): CustomAdapter {
  return {
    create: async ({ model, data }) => as(await noting(rows.insertAuthRow(tableOf(model), data))),
    findOne: async ({ model, where }) =>
      as((await noting(rows.findAuthRows(tableOf(model), conditions(where), { limit: 1 })))[0] ?? null),
    findMany: async ({ model, where, limit, offset, sortBy }) => {
      // The one name that comes as the library has it, and not as the column is called.
      const order = sortBy && { ...sortBy, field: nameColumn({ model, field: sortBy.field }) };
      const query = { limit, offset, sortBy: order };
      return as(await noting(rows.findAuthRows(tableOf(model), conditions(where), query)));
    },
    count: ({ model, where }) => noting(rows.countAuthRows(tableOf(model), conditions(where))),
    update: async ({ model, where, update }) => {
      const change = { set: update as AuthRow, one: true };
      return as((await noting(rows.updateAuthRows(tableOf(model), conditions(where), change)))[0] ?? null);
    },
    updateMany: async ({ model, where, update }) =>
      (await noting(rows.updateAuthRows(tableOf(model), conditions(where), { set: update as AuthRow })))
        .length,
    incrementOne: async ({ model, where, increment, set = {} }) => {
      const change = { set: set as AuthRow, increment, one: true };
      return as((await noting(rows.updateAuthRows(tableOf(model), conditions(where), change)))[0] ?? null);
    },
    delete: async ({ model, where }) => {
      await noting(rows.deleteAuthRows(tableOf(model), conditions(where)));
    },
    deleteMany: async ({ model, where }) =>
      (await noting(rows.deleteAuthRows(tableOf(model), conditions(where)))).length,
    consumeOne: async ({ model, where }) =>
      as((await noting(rows.deleteAuthRows(tableOf(model), conditions(where), { one: true })))[0] ?? null),
  };
}

async function noting<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const met = FAULTS.getStore();
    if (met && error instanceof StoreUnavailableError) met.fault ??= error;
    throw error;
  }
}

/** The library says which type it expects of a row. */
function as<T>(value: unknown): T {
  return value as T;
}

function tableOf(model: string): AuthTable {
  return model as AuthTable;
}

function conditions(where: Where | undefined): AuthCondition[] {
  return (where ?? []).map(({ field, operator, value, connector }) => {
    const known = OPERATORS[operator];
    if (known === undefined) throw new Error(`The store does not know the operator ${operator}.`);
    return {
      field,
      operator: known,
      value: value as AuthCondition['value'],
      connector: connector === 'OR' ? 'or' : 'and',
    };
  });
}
