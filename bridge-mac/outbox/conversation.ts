/**
 * The key of the conversation with an address, equal for every spelling of it: the digits of a number (Messages may
 * keep it with or without separators), an e-mail address in lower case.
 */
export function conversationWith(address: string): string {
  const trimmed = address.trim().normalize('NFKC');
  return trimmed.includes('@') ? trimmed.toLowerCase() : trimmed.replace(/\D/gu, '') || trimmed.toLowerCase();
}

/** The key of the conversation in a group chat. No address has a space in it. */
export function conversationIn(group: string): string {
  return `group ${group}`;
}
