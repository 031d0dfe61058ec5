/** Path of the socket.io namespace on which the hub tells panels that something changed. */
export const PANEL_NAMESPACE = '/panel';

/** What a change may be about. */
export const TOPICS = [
  'messages',
  'deliveries',
  'devices',
  'workspaces',
  'notices',
  'users',
  'audit',
] as const;
export type Topic = (typeof TOPICS)[number];

/** Hub → panel. What changed is not in it: the panel asks for what it shows, and is answered what it may see. */
export interface PanelEvents {
  changed: (change: { topics: Topic[] }) => void;
}
