import { Center, Loader, Modal } from '@mantine/core';
import { type ReactNode, useEffect, useRef } from 'react';
import { Navigate, useLocation } from 'react-router';
import { ApiFailure } from '../api/failures.ts';
import { type Me, useMe } from '../api/me.ts';
import { ME_PATH, request } from '../api/request.ts';
import { useHasSessionEnded } from '../api/session-end.ts';
import { SignInForm } from '../forms/sign-in-form.tsx';
import { FailureNote } from '../ui/failure-note.tsx';
import { HubDownBanner } from './hub-down-banner.tsx';

/**
 * Lets through who is signed in; others go to the log-in page and come back here. Whose session ends while a page is open
 * signs in above it, so that nothing typed there is lost.
 */
export function SessionGate({ children }: { children: ReactNode }) {
  const { data: me, error, refetch } = useMe();
  const hasEnded = useHasSessionEnded();
  const { pathname, search } = useLocation();
  const opener = useRef(me?.id);
  opener.current ??= me?.id;
  const isOther = me !== undefined && opener.current !== me.id;
  // Somebody else signed in, in another tab: what is open here belongs to who opened it.
  useEffect(() => {
    if (isOther) location.replace('/');
  }, [isOther]);
  if (isOther) return null;
  if (me)
    return (
      <>
        {children}
        <SignInAgain isOpen={hasEnded} me={me} />
      </>
    );
  if (error instanceof ApiFailure && error.status === 401) {
    const back = pathname + search;
    return <Navigate to={back === '/' ? '/login' : `/login?return=${encodeURIComponent(back)}`} replace />;
  }
  if (error)
    return (
      <>
        <HubDownBanner />
        <Center mih="80dvh" p="md">
          <FailureNote error={error} onRetry={() => void refetch()} />
        </Center>
      </>
    );
  return (
    <Center mih="100dvh">
      <Loader aria-label="Loading" />
    </Center>
  );
}

function SignInAgain({ isOpen, me }: { isOpen: boolean; me: Me }) {
  /** What is open belongs to who opened it: somebody else begins anew. */
  const admit = async (): Promise<void> => {
    const { id } = await request<Me>('GET', ME_PATH);
    if (id === me.id) return;
    location.replace('/');
    await new Promise(() => undefined);
  };
  return (
    <Modal
      opened={isOpen}
      onClose={() => undefined}
      withCloseButton={false}
      closeOnEscape={false}
      closeOnClickOutside={false}
      title="Your session has ended"
      zIndex={1000}
    >
      <SignInForm
        initialEmail={me.email ?? ''}
        admit={admit}
        introduction="Sign in again to go on where you are: nothing that you have typed is lost."
      />
    </Modal>
  );
}
