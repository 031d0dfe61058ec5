import { VisuallyHidden } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './ui.module.css';

/** Spelt out, because to some screen readers a table that is laid out as something else is none. */
const ROLES = {
  table: { role: 'table' },
  rowgroup: { role: 'rowgroup' },
  row: { role: 'row' },
  columnheader: { role: 'columnheader' },
  cell: { role: 'cell' },
};

export interface Column<Row> {
  key: string;
  label: string;
  show: (row: Row) => ReactNode;
  /** The title heads the row's card at phone width; actions end it. */
  role?: 'title' | 'actions';
  align?: 'right';
  width?: string | number;
  /** Takes the room that the others leave, and shortens what is too long for it. */
  clips?: true;
}

interface DataTableProps<Row> {
  /** What it lists, for those who cannot see that. */
  label: string;
  columns: Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row) => string;
  /** Whether these are the rows of before, while others are on their way. */
  isStale?: boolean;
}

/** A table that becomes a list of cards at phone width. */
export function DataTable<Row>({ label, columns, rows, keyOf, isStale = false }: DataTableProps<Row>) {
  return (
    <div className={`${classes.panel} ${classes.tableFrame}`}>
      <div className={classes.scroll}>
        <table
          className={classes.table}
          {...ROLES.table}
          aria-label={label}
          aria-busy={isStale}
          data-stale={isStale || undefined}
        >
          <thead {...ROLES.rowgroup}>
            <tr {...ROLES.row}>
              {columns.map((column) => (
                <th
                  key={column.key}
                  {...ROLES.columnheader}
                  scope="col"
                  data-align={column.align}
                  style={{ width: column.width }}
                >
                  {column.role === 'actions' ? <VisuallyHidden>{column.label}</VisuallyHidden> : column.label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody {...ROLES.rowgroup}>
            {rows.map((row) => (
              <TableRow key={keyOf(row)} row={row} columns={columns} />
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

interface TableRowProps<Row> {
  row: Row;
  columns: Column<Row>[];
}

function TableRow<Row>({ row, columns }: TableRowProps<Row>) {
  return (
    <tr {...ROLES.row}>
      {columns.map((column) => (
        <td
          key={column.key}
          {...ROLES.cell}
          data-label={column.label}
          data-role={column.role}
          data-align={column.align}
          data-clip={column.clips}
        >
          {column.show(row)}
        </td>
      ))}
    </tr>
  );
}
