import { Anchor } from '@mantine/core';
import { IconPaperclip } from '@tabler/icons-react';
import { PlainText, safeHref } from './plain-text.tsx';
import classes from './text.module.css';

/** Files of a message, as links. */
export function Attachments({ addresses }: { addresses: readonly string[] }) {
  if (addresses.length === 0) return null;
  return (
    <ul className={classes.attachments} aria-label="Attachments">
      {addresses.map((address, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the same file may stand in a message twice.
        <li key={place}>
          <Attachment address={address} />
        </li>
      ))}
    </ul>
  );
}

function Attachment({ address }: { address: string }) {
  const href = safeHref(address);
  const name = (
    <>
      <IconPaperclip size={14} style={{ flex: 'none' }} aria-hidden />
      <PlainText text={nameOf(address)} isLine />
    </>
  );
  if (href === undefined) return <span className={classes.attachment}>{name}</span>;
  return (
    <Anchor
      href={href}
      target="_blank"
      rel="noreferrer noopener"
      size="sm"
      inherit
      className={classes.attachment}
      title={new URL(href).host}
    >
      {name}
    </Anchor>
  );
}

/** The end of the path, as people read it. */
function nameOf(address: string): string {
  const path = address.split(/[?#]/, 1)[0] ?? '';
  const last = path.split('/').at(-1) || address;
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}
