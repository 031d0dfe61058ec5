import { PageHeader } from '../../ui/page-header.tsx';

export function DeliveryPage() {
  return <PageHeader title="Delivery" />;
}
