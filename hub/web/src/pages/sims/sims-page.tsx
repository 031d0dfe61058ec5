import { PageHeader } from '../../ui/page-header.tsx';

export function SimsPage() {
  return <PageHeader title="SIMs" />;
}
