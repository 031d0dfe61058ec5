import { Group, Text } from '@mantine/core';
import { Copy } from '../../ui/copy.tsx';
import classes from './account.module.css';

export function BackupCodes({ codes }: { codes: string[] }) {
  return (
    <div className={classes.codes}>
      <Group justify="space-between" mb={6}>
        <Text size="xs" c="dimmed">
          {codes.length} backup codes
        </Text>
        <Copy value={codes.join('\n')} label="the backup codes" />
      </Group>
      <ul>
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
    </div>
  );
}
