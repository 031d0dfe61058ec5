import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { Message } from '../../api/messages.ts';

/** Pixels from the end within which one is taken to read along. */
const NEAR_END = 80;

interface ChatScroll {
  frame: RefObject<HTMLDivElement | null>;
  /** Something came while the reader was further up. */
  hasNews: boolean;
  showNews: () => void;
}

/**
 * Keeps a chat where its reader is: at the end while they read along, and at the same message when older ones are put before
 * it or newer ones behind.
 */
export function useChatScroll(messages: Message[]): ChatScroll {
  const frame = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const shown = useRef({ first: '', last: '', height: 0 });
  const [hasNews, setNews] = useState(false);
  const [first, last] = [messages[0]?.id ?? '', messages.at(-1)?.id ?? ''];

  const showNews = useCallback(() => {
    frame.current?.scrollTo({ top: frame.current.scrollHeight });
    setNews(false);
  }, []);

  useEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const follow = (): void => {
      isAtEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END;
      if (isAtEnd.current) setNews(false);
    };
    element.addEventListener('scroll', follow, { passive: true });
    return () => element.removeEventListener('scroll', follow);
  }, []);

  // Before the browser paints: else the messages would be seen jumping.
  useLayoutEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const before = shown.current;
    const grew = element.scrollHeight - before.height;
    if (before.first !== '' && before.first !== first && before.last === last) element.scrollTop += grew;
    else if (isAtEnd.current) element.scrollTop = element.scrollHeight;
    else if (before.last !== '' && before.last !== last) setNews(true);
    shown.current = { first, last, height: element.scrollHeight };
  }, [first, last]);

  return { frame, hasNews, showNews };
}
