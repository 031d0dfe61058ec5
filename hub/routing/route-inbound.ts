/**
 * The workspace that an inbound one-to-one message belongs to: of the connected workspaces that hold the device on that
 * channel, the one whose conversation with the sender is the latest; without any, the one assigned first.
 * `candidates` are in order of assignment. Undefined when there is none.
 */
export function routeInbound(
  candidates: readonly string[],
  conversations: readonly { location_id: string; last_at: number }[],
): string | undefined {
  let latest: { location_id: string; last_at: number } | undefined;
  for (const location_id of candidates) {
    const conversation = conversations.find((one) => one.location_id === location_id);
    if (conversation && (latest === undefined || conversation.last_at > latest.last_at))
      latest = conversation;
  }
  return latest?.location_id ?? candidates[0];
}
