const LONGEST = 160;

/** Names by id. */
type Names = ReadonlyMap<string, string>;

/** A changed field in a line: "name: Old → New". What `names` knows is called by its name. */
export function describeChange(field: string, value: unknown, names: Names): string {
  const name = field.replaceAll('_', ' ');
  if (isChange(value)) return `${name}: ${describe(value.from, names)} → ${describe(value.to, names)}`;
  return `${name}: ${describe(value, names)}`;
}

function isChange(value: unknown): value is { from: unknown; to: unknown } {
  return typeof value === 'object' && value !== null && 'from' in value && 'to' in value;
}

function describe(value: unknown, names: Names): string {
  const text = spell(value, names);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

function spell(value: unknown, names: Names): string {
  if (value === null || value === undefined) return 'none';
  if (value === true) return 'yes';
  if (value === false) return 'no';
  if (typeof value === 'string') return names.get(value) ?? value;
  if (Array.isArray(value))
    return value.length === 0 ? 'none' : value.map((one) => spell(one, names)).join(', ');
  if (typeof value === 'object') return spellFields(value, names);
  return String(value);
}

function spellFields(fields: object, names: Names): string {
  const { device_id, channels, ...others } = fields as Record<string, unknown>;
  if (device_id !== undefined) return `${spell(device_id, names)} (${spell(channels, names)})`;
  return Object.entries({ ...others, ...(channels !== undefined && { channels }) })
    .map(([field, inner]) => `${field.replaceAll('_', ' ')} ${spell(inner, names)}`)
    .join(' ');
}
