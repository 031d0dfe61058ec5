import { Tooltip } from '@mantine/core';
import { Fragment } from 'react';
import classes from './stacked-bars.module.css';

interface Part {
  label: string;
  /** Of the theme: `teal-6`. */
  color: string;
  /** One for each step. */
  counts: number[];
}

interface StackedBarsProps {
  /** When each step begins, and what it is called. */
  steps: { at: string; label: string }[];
  /** From the bottom up. */
  parts: Part[];
}

/** Steps of the scale, about. */
const SCALE_STEPS = 4;
/** More words below the bars would run into each other where there is little room. */
const MAX_LABELS = 4;
const BAR_WIDTH = 0.72;

/** Whole numbers over time as bars. A picture only: who shows it says its sums in words. */
export function StackedBars({ steps, parts }: StackedBarsProps) {
  const tallest = Math.max(...steps.map((_, step) => heightOf(parts, step)));
  const rise = riseOf(tallest);
  const top = Math.ceil(tallest / rise) * rise;
  const scale = Array.from({ length: top / rise + 1 }, (_, line) => line * rise);
  const every = Math.ceil(steps.length / MAX_LABELS);
  return (
    <div className={classes.chart}>
      <div className={classes.scale}>
        {scale.map((value) => (
          <span key={value} style={{ bottom: `${(value / top) * 100}%` }}>
            {value.toLocaleString()}
          </span>
        ))}
      </div>
      <svg
        aria-hidden="true"
        className={classes.plot}
        viewBox={`0 0 ${steps.length} ${top}`}
        preserveAspectRatio="none"
      >
        {scale.map((value) => (
          <line key={value} className={classes.line} x1={0} x2={steps.length} y1={value} y2={value} />
        ))}
        {steps.map(({ at, label }, step) => (
          <Tooltip key={at} multiline label={<Counts label={label} step={step} parts={parts} />}>
            <g>
              <rect className={classes.hit} x={step} y={0} width={1} height={top} />
              <Bar step={step} parts={parts} top={top} />
            </g>
          </Tooltip>
        ))}
      </svg>
      <div className={classes.labels} style={{ gridTemplateColumns: `repeat(${steps.length}, 1fr)` }}>
        {steps.map(({ at, label }, step) => (
          <span key={at}>{step % every === 0 && label}</span>
        ))}
      </div>
    </div>
  );
}

interface BarProps {
  step: number;
  parts: Part[];
}

function Bar({ step, parts, top }: BarProps & { top: number }) {
  return parts.map(({ label, color, counts }, index) => {
    const count = counts[step] ?? 0;
    const below = heightOf(parts.slice(0, index), step);
    return (
      <rect
        key={label}
        x={step + (1 - BAR_WIDTH) / 2}
        width={BAR_WIDTH}
        y={top - below - count}
        height={count}
        fill={`var(--mantine-color-${color})`}
      />
    );
  });
}

function Counts({ label, step, parts }: BarProps & { label: string }) {
  return (
    <>
      {label}
      {parts.map((part) => (
        <Fragment key={part.label}>
          <br />
          {part.label}: {(part.counts[step] ?? 0).toLocaleString()}
        </Fragment>
      ))}
    </>
  );
}

function heightOf(parts: Part[], step: number): number {
  return parts.reduce((sum, { counts }) => sum + (counts[step] ?? 0), 0);
}

/** From one line of the scale to the next: 1, 2 or 5 of some power of ten. */
function riseOf(tallest: number): number {
  const least = Math.max(1, tallest / SCALE_STEPS);
  const power = 10 ** Math.floor(Math.log10(least));
  return ([1, 2, 5].find((digit) => digit * power >= least) ?? 10) * power;
}
