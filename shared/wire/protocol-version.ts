/**
 * Version of everything in this folder. Hub and bridge talk only when theirs are equal; a snapshot test fails when a
 * schema changes without a new number.
 */
export const PROTOCOL_VERSION = 2;
