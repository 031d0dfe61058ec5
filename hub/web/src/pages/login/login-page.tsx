import { Alert } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearchParams } from 'react-router';
import { readSetupState } from '../../api/setup.ts';
import { SignInForm } from '../../forms/sign-in-form.tsx';
import { Gate } from '../../shell/gate.tsx';

export function LoginPage() {
  const [search] = useSearchParams();
  const navigate = useNavigate();
  const { data } = useQuery({ queryKey: ['setup'], queryFn: ({ signal }) => readSetupState(signal) });
  return (
    <Gate title="Sign in" description="The panel of your hub.">
      {data?.needs_setup && (
        <Alert color="wire" title="Nobody can sign in yet">
          Open the set-up link that the hub printed when it started: it makes the first administrator. A new
          one comes from <code>POST /api/setup-links</code> with the admin token.
        </Alert>
      )}
      <SignInForm onSignedIn={() => void navigate(pathWithin(search.get('return')), { replace: true })} />
    </Gate>
  );
}

/** Where to go on; only within the panel, since anybody may write an address that leads here. */
function pathWithin(wanted: string | null): string {
  const url = wanted === null ? null : URL.parse(wanted, location.origin);
  return url?.origin === location.origin ? url.pathname + url.search + url.hash : '/';
}
