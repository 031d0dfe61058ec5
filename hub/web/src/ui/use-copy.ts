import { useState } from 'react';

const SHOWN_MS = 1_500;

/** Copies a text; `copied` for a moment after it worked. */
export function useCopy(): { copied: boolean; copy: (text: string, beside: Element) => void } {
  const [copied, setCopied] = useState(false);
  const note = (): void => {
    setCopied(true);
    setTimeout(() => setCopied(false), SHOWN_MS);
  };
  const copy = (text: string, beside: Element): void => {
    // Browsers give the clipboard to pages of HTTPS and of this machine alone; hubs are also reached over plain HTTP.
    if (navigator.clipboard === undefined) {
      if (copySelected(text, beside)) note();
      return;
    }
    navigator.clipboard.writeText(text).then(note, () => copySelected(text, beside) && note());
  };
  return { copied, copy };
}

/** By way of a field that is selected, within the dialog that holds the focus. */
function copySelected(text: string, beside: Element): boolean {
  const field = document.createElement('textarea');
  field.value = text;
  field.setAttribute('aria-hidden', 'true');
  Object.assign(field.style, { position: 'fixed', opacity: '0' });
  const focused = document.activeElement;
  beside.after(field);
  field.select();
  const worked = document.execCommand('copy');
  field.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return worked;
}
