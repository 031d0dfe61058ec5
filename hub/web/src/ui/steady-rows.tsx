import { Button, VisuallyHidden } from '@mantine/core';
import { IconArrowUp } from '@tabler/icons-react';
import { type ReactNode, type RefObject, useEffect, useRef, useState } from 'react';
import { keepRows } from './keep-rows.ts';
import classes from './steady-rows.module.css';

interface SteadyRowsProps<Row> {
  rows: readonly Row[];
  keyOf: (row: Row) => string;
  /** Names what is listed: another filter or page is shown at once. */
  view: string;
  /** Whether the rows are still those of another view. */
  isStale: boolean;
  /** "message" or "messages". */
  nameOf: (count: number) => string;
  /** `gone`: those that hold their place though they are what is listed no longer. */
  children: (rows: readonly Row[], gone: ReadonlySet<Row>) => ReactNode;
}

/** Further down than this one reads what is there. Pixels. */
const SCROLLED = 160;

/**
 * A list that changes by itself, and still does not move under the reader's hand: rows change in place, but while one points
 * at them, has the focus among them or has scrolled down, new ones wait until they are asked for.
 */
export function SteadyRows<Row>({ rows, keyOf, view, isStale, nameOf, children }: SteadyRowsProps<Row>) {
  const frame = useRef<HTMLDivElement>(null);
  const isReading = useIsReading(frame);
  const [kept, setKept] = useState({ view, rows });
  const isHeld = isReading && kept.view === view;
  useEffect(() => {
    if (!isHeld && !isStale) setKept({ view, rows });
  }, [isHeld, isStale, view, rows]);
  const held = isHeld ? keepRows(kept.rows, rows, keyOf) : { rows, news: 0, gone: new Set<Row>() };
  return (
    <div ref={frame} className={classes.frame}>
      <div className={classes.pill} aria-live="polite">
        {held.news > 0 && (
          <Button
            size="compact-sm"
            radius="xl"
            leftSection={<IconArrowUp size={14} aria-hidden />}
            onClick={() => {
              setKept({ view, rows });
              window.scrollTo({ top: 0 });
            }}
          >
            {held.news} new {nameOf(held.news)}
            <VisuallyHidden>, show</VisuallyHidden>
          </Button>
        )}
      </div>
      {children(held.rows, held.gone)}
    </div>
  );
}

function useIsReading(frame: RefObject<HTMLElement | null>): boolean {
  const [isPointed, setPointed] = useState(false);
  const [isFocused, setFocused] = useState(false);
  const [isScrolled, setScrolled] = useState(false);
  useEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const ended = new AbortController();
    const { signal } = ended;
    const enter = ({ pointerType }: PointerEvent): void => setPointed(pointerType === 'mouse');
    element.addEventListener('pointerenter', enter, { signal });
    element.addEventListener('pointerleave', () => setPointed(false), { signal });
    element.addEventListener('focusin', () => setFocused(true), { signal });
    element.addEventListener('focusout', () => setFocused(false), { signal });
    const scroll = (): void => setScrolled(window.scrollY > SCROLLED);
    window.addEventListener('scroll', scroll, { signal, passive: true });
    return () => ended.abort();
  }, [frame]);
  // Not every browser tells of a focus that went with what had it.
  useEffect(() => {
    if (isFocused && !frame.current?.contains(document.activeElement)) setFocused(false);
  });
  return isPointed || isFocused || isScrolled;
}
