import { Stack, Tabs, Text } from '@mantine/core';
// The very code that the tests of the documentation verify events with.
import guide from '../../../../../../docs/verifying-webhooks.md?raw';
import type { Workspace } from '../../../api/workspaces.ts';
import { CodeBlock } from '../../../ui/copy.tsx';
import { FieldTable } from './field-table.tsx';

const HEADERS = [
  ['webhook-id', 'The event’s id, the same at every retry: drop what you have taken before.'],
  ['webhook-timestamp', 'Seconds since 1970, of this attempt: refuse more than five minutes off.'],
  ['webhook-signature', 'One or more of v1,<base64>, with spaces between: one that fits is enough.'],
] as const;

/** A chapter of the guide, and how its function is called with this workspace's secret. */
const LANGUAGES = [
  {
    chapter: 'Node, with the library',
    use: (name: string) => `// npm install standardwebhooks
// ${name}: verify(secret, request.headers, rawBody)`,
  },
  {
    chapter: 'Node, by hand',
    use: (name: string) => `// ${name}: verify(secret, request.headers, rawBody)
// With Express, express.raw({ type: 'application/json' }) gives the raw body as request.body.`,
  },
  {
    chapter: 'Python',
    use: (name: string) => `# ${name}: verify(secret, headers, raw_body), header names in lower case
# The raw body is request.get_data() with Flask, await request.body() with FastAPI.`,
  },
  {
    chapter: 'PHP',
    use: (name: string) => `// ${name}: verify(secret, $headers, file_get_contents('php://input'))
// with the keys webhook-id, webhook-timestamp and webhook-signature in $headers.`,
  },
] as const;

export function VerifyPart({ workspace: { name } }: { workspace: Workspace }) {
  return (
    <Stack gap="lg">
      <Text size="sm">
        Every call is signed by Standard Webhooks 1.0 with this workspace’s secret, <code>whsec_…</code>, here
        called <code>secret</code>: keep it in the environment of your system. It was shown when the workspace
        was made; if it is lost, rotate it under Edit, Secret and keys. Verify before you parse, over the raw
        bytes of the body.
      </Text>
      <FieldTable label="Headers of a call" heads={['Header', 'Holds']} rows={HEADERS} />
      <Tabs defaultValue={LANGUAGES[0].chapter}>
        <Tabs.List mb="sm">
          {LANGUAGES.map(({ chapter }) => (
            <Tabs.Tab key={chapter} value={chapter}>
              {chapter}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {LANGUAGES.map(({ chapter, use }) => (
          <Tabs.Panel key={chapter} value={chapter}>
            <CodeBlock value={withUse(readCode(chapter), use(onOneLine(name)))} label="the code" />
          </Tabs.Panel>
        ))}
      </Tabs>
    </Stack>
  );
}

/** The code block of a chapter. */
function readCode(chapter: string): string {
  const [, text = ''] = guide.split(`\n## ${chapter}\n`);
  return /```[^\n]*\n([\s\S]*?)\n```/.exec(text)?.[1] ?? '';
}

/** What opens a PHP file stays its first line. */
function withUse(code: string, use: string): string {
  const [, opening = '', rest = ''] = /^(<\?php\n)?([\s\S]*)$/.exec(code) ?? [];
  return `${opening}${use}\n\n${rest}`;
}

/** In a comment of code that is copied, a name must not begin a line of its own. */
function onOneLine(name: string): string {
  return name.replaceAll(/\s+/g, ' ').replaceAll('?>', '? >');
}
