import { splitOddCharacters } from './odd-characters.ts';
import classes from './text.module.css';

interface PlainTextProps {
  /** Of whoever wrote it: never taken for anything but text. */
  text: string;
  /** Whether it is one line, shortened where there is no room. */
  isLine?: boolean;
}

/** A text that somebody else wrote. It turns round nothing beside it, and hides nothing within. */
export function PlainText({ text, isLine = false }: PlainTextProps) {
  const shown = isLine ? text.replaceAll(/\s+/g, ' ').trim() : text;
  return (
    <bdi dir="auto" className={isLine ? classes.line : classes.text}>
      {splitOddCharacters(shown).map((piece, place) =>
        'odd' in piece ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: a text has no other names for its pieces.
          <span key={place} className={classes.odd} title={piece.name}>
            {piece.odd}
          </span>
        ) : (
          piece.text
        ),
      )}
    </bdi>
  );
}

/** Only http and https lead anywhere: other schemes could run something. */
export function safeHref(address: string): string | undefined {
  if (!URL.canParse(address)) return undefined;
  const { protocol, href } = new URL(address);
  return protocol === 'https:' || protocol === 'http:' ? href : undefined;
}
