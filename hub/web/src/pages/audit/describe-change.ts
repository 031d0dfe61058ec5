const LONGEST = 160;

/** A changed field in a line: "name: Old → New". */
export function describeChange(field: string, value: unknown): string {
  const name = field.replaceAll('_', ' ');
  if (isChange(value)) return `${name}: ${describeValue(value.from)} → ${describeValue(value.to)}`;
  return `${name}: ${describeValue(value)}`;
}

function isChange(value: unknown): value is { from: unknown; to: unknown } {
  return typeof value === 'object' && value !== null && 'from' in value && 'to' in value;
}

function describeValue(value: unknown): string {
  const text = spell(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

function spell(value: unknown): string {
  if (value === null || value === undefined) return 'none';
  if (value === true) return 'yes';
  if (value === false) return 'no';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(spell).join(', ');
  if (typeof value === 'object')
    return Object.entries(value)
      .map(([field, inner]) => `${field.replaceAll('_', ' ')} ${spell(inner)}`)
      .join(' ');
  return String(value);
}
