import { Fragment, type ReactNode } from 'react';
import classes from './ui.module.css';

interface FactsProps {
  /** A fact without a value is left out. */
  facts: [label: string, value: ReactNode][];
}

/** Names with their values, one beneath the other. */
export function Facts({ facts }: FactsProps) {
  return (
    <dl className={classes.facts}>
      {facts
        .filter(([, value]) => value !== null && value !== undefined && value !== false)
        .map(([label, value]) => (
          <Fragment key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </Fragment>
        ))}
    </dl>
  );
}
