import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import type {
  MessageView,
  messageQuerySchema,
  messageTimelineSchema,
} from '../../../../shared/api/messages.ts';
import { listPage } from './all-pages.ts';
import { type Answer, type Body, pathOf, request, searchOf } from './request.ts';

export type Message = MessageView;
export type MessageWithTimeline = Answer<typeof messageTimelineSchema>;
export type MessageFilter = Omit<Partial<Body<typeof messageQuerySchema>>, 'limit' | 'cursor'>;

/** A search goes through all messages, so it is not made anew each time that one of them changes. */
function topicOf({ q }: MessageFilter): string {
  return q === undefined ? 'messages' : 'search';
}

export function useMessages(filter: MessageFilter, cursor: string | undefined) {
  return useQuery({
    queryKey: [topicOf(filter), 'list', filter, cursor ?? null],
    queryFn: ({ signal }) => listPage<Message>('/api/messages', { ...filter, cursor }, signal),
    placeholderData: keepPreviousData,
  });
}

/** Where the same messages are to be had as a file. */
export function exportAddress(filter: MessageFilter): string {
  return `/api/messages.csv${searchOf(filter)}`;
}

/** Looked at more often while its webhook events are on their way: nobody tells of those as a change of the message. */
export function useMessage(id: string) {
  return useQuery({
    queryKey: ['messages', 'one', id],
    queryFn: ({ signal }) => request<MessageWithTimeline>('GET', pathOf`/api/messages/${id}`, { signal }),
    refetchInterval: ({ state }) => (state.data?.deliveries.some(isUnderWay) ? 3_000 : 30_000),
  });
}

function isUnderWay({ status }: { status: string }): boolean {
  return status === 'pending';
}

/** What was said between a workspace and a phone or group, newest first, page by page. */
export function useConversation(workspace: string, conversation: string) {
  return useInfiniteQuery({
    queryKey: ['messages', 'conversation', workspace, conversation],
    queryFn: ({ signal, pageParam }) =>
      listPage<Message>('/api/messages', { workspace, conversation, cursor: pageParam ?? undefined }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor }) => next_cursor,
  });
}

export function cancelMessage(id: string): Promise<Message> {
  return request('POST', pathOf`/api/messages/${id}/cancel`);
}

export function resendMessage(id: string, force: boolean): Promise<Message> {
  return request('POST', pathOf`/api/messages/${id}/resend`, { body: { force } });
}
