import { PageHeader } from '../../ui/page-header.tsx';

export function WorkspacesPage() {
  return <PageHeader title="Workspaces" />;
}
