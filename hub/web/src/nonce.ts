import { setNonce } from 'get-nonce';

/** The nonce that the hub's policy lets styles of this page carry. */
export const NONCE = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? '';

// What Mantine locks the page's scrolling with makes styles of its own, and asks here.
setNonce(NONCE);
