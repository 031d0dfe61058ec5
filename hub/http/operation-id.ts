import type { Route } from '../api/route.ts';

const VERBS_OF_ONE: Record<Route['method'], string> = {
  get: 'get',
  head: 'check',
  post: 'submit',
  put: 'replace',
  patch: 'update',
  delete: 'delete',
};
const VERBS_OF_PART: Record<Route['method'], string> = { ...VERBS_OF_ONE, put: 'set' };

/**
 * What generated clients call a route: `listMessages`, `getMessage`, `setWorkspaceDevices`, `pauseDevice`,
 * `rotateWorkspaceSecret`. It follows from method and path, so it lasts as long as they do.
 */
export function nameOperation({ method, path, query, operationId }: Route): string {
  if (operationId !== undefined) return operationId;
  const segments = path.split('/').filter((segment) => segment !== '' && segment !== 'api');
  const words = segments.filter((segment) => !segment.startsWith(':'));
  const last = words.at(-1) ?? 'root';
  const owners = words
    .slice(0, -1)
    .map((word) => pascal(singular(word)))
    .join('');
  if (segments.at(-1)?.startsWith(':')) return VERBS_OF_ONE[method] + owners + pascal(singular(last));
  const isMany = singular(last) !== last || hasCursor(query);
  if (method === 'get' && isMany) return `list${owners}${pascal(last)}`;
  if (method === 'post' && isMany) return `create${owners}${pascal(singular(last))}`;
  if (method === 'post' && owners !== '') return nameAction(last, owners);
  return VERBS_OF_PART[method] + owners + pascal(last);
}

/** `rotate-secret` of a Workspace: `rotateWorkspaceSecret`. */
function nameAction(action: string, owner: string): string {
  const [verb = '', ...rest] = action.split('-');
  return `${verb}${owner}${pascal(rest.join('-'))}`;
}

function hasCursor(query: Route['query']): boolean {
  return query !== undefined && 'shape' in query && Object.hasOwn(query.shape as object, 'cursor');
}

function singular(word: string): string {
  return word.replace(/ies$/, 'y').replace(/s$/, '');
}

/** `api-keys` → `ApiKeys`, `openapi.json` → `OpenapiJson`. */
export function pascal(word: string): string {
  return word
    .split(/[^A-Za-z0-9]/)
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join('');
}
