import { PageHeader } from '../../ui/page-header.tsx';

export function DevicesPage() {
  return <PageHeader title="Devices" />;
}
