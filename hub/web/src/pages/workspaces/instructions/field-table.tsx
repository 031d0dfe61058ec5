import { Table } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from '../../../ui/ui.module.css';

interface FieldTableProps {
  label: string;
  heads: readonly [string, string, ...string[]];
  rows: readonly (readonly [name: string, ...cells: ReactNode[]])[];
}

/** Fields, or codes, with what they mean. */
export function FieldTable({ label, heads, rows }: FieldTableProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: whoever has no mouse scrolls it with the keys.
    <div tabIndex={0} className={classes.scroll}>
      <Table aria-label={label} fz="sm" verticalSpacing={6} horizontalSpacing="sm">
        <Table.Thead>
          <Table.Tr>
            {heads.map((head) => (
              <Table.Th key={head} scope="col">
                {head}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map(([name, ...cells]) => (
            <Table.Tr key={name}>
              <Table.Td style={{ overflowWrap: 'break-word', verticalAlign: 'top', maxWidth: 190 }}>
                <code>{name}</code>
              </Table.Td>
              {cells.map((cell, place) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: cells have no name but their place.
                <Table.Td key={place} style={{ verticalAlign: 'top' }}>
                  {cell}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}
