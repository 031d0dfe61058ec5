/** The database was written by a newer version of the hub. */
export class NewerSchemaError extends Error {
  override readonly name = 'NewerSchemaError';
}
