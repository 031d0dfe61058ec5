import { Tabs } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import { useState } from 'react';
import { refresh } from '../../api/query-client.ts';
import {
  changeRouting,
  changeWorkspace,
  type Routes,
  useRouting,
  useWorkspace,
  type Workspace,
} from '../../api/workspaces.ts';
import { FormBody, useCloseGuard } from '../../forms/form-dialog.tsx';
import { useApiForm } from '../../forms/use-api-form.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { tellDone } from '../../ui/notices.ts';
import { QueryView, useIsFresh } from '../../ui/query-view.tsx';
import { AdvancedFields } from './advanced-fields.tsx';
import { AdvancedPart } from './advanced-part.tsx';
import { HeaderRows } from './header-rows.tsx';
import { fillInRenamed } from './header-values.ts';
import { RouteFields } from './route-fields.tsx';
import { SecretsTab } from './secrets-tab.tsx';
import { WebhookTab } from './webhook-tab.tsx';
import { WorkspaceFields } from './workspace-fields.tsx';
import { changesOf, dropEmptyRows, valuesOf, type WorkspaceValues } from './workspace-values.ts';

interface EditWorkspaceProps {
  id: string;
  onClose: () => void;
}

export function EditWorkspace({ id, onClose }: EditWorkspaceProps) {
  const workspace = useWorkspace(id);
  const routing = useRouting(id);
  const isFresh = useIsFresh(workspace, routing);
  if (isFresh && workspace.data && routing.data)
    return <Loaded workspace={workspace.data} routes={routing.data.routes} onClose={onClose} />;
  return (
    <Dialog onClose={onClose} title="Edit workspace" size="lg">
      <QueryView query={workspace.isError ? workspace : (routing as UseQueryResult<unknown>)} isFresh={false}>
        {() => null}
      </QueryView>
    </Dialog>
  );
}

interface LoadedProps {
  workspace: Workspace;
  routes: Routes;
  onClose: () => void;
}

function Loaded({ workspace, routes, onClose }: LoadedProps) {
  const { location_id: id } = workspace;
  const api = useApiForm<WorkspaceValues, unknown>({
    initialValues: valuesOf(workspace, routes),
    prepare: dropEmptyRows,
    validate: ({ name }) => ({ name: name.trim() === '' ? 'Give the workspace a name.' : undefined }),
    send: async (values) => {
      const before = api.form.getInitialValues();
      if (JSON.stringify(values.routes) !== JSON.stringify(before.routes))
        await changeRouting(id, { routes: values.routes });
      await changeWorkspace(id, changesOf(before, await fillInRenamed(values, id)));
    },
    onDone: () => {
      void refresh('workspaces', 'deliveries', 'notices');
      tellDone('The workspace is saved.');
      onClose();
    },
  });
  const guard = useCloseGuard(api, onClose);
  const [showsSecret, setShowsSecret] = useState(false);
  return (
    <Dialog
      onClose={guard.close}
      title={`Edit ${workspace.name}`}
      size="lg"
      closeOnClickOutside={false}
      closeOnEscape={!showsSecret}
    >
      <Tabs defaultValue="details" keepMounted>
        <Tabs.List mb="md">
          <Tabs.Tab value="details">Details</Tabs.Tab>
          <Tabs.Tab value="webhook">Webhook</Tabs.Tab>
          <Tabs.Tab value="secrets">Secret and keys</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="details">
          <FormBody api={api} guard={guard} verb="Save changes">
            <DetailFields api={api} id={id} />
          </FormBody>
        </Tabs.Panel>
        <Tabs.Panel value="webhook">
          <WebhookTab workspace={workspace} />
        </Tabs.Panel>
        <Tabs.Panel value="secrets">
          <SecretsTab workspace={workspace} onSecret={() => setShowsSecret(true)} />
        </Tabs.Panel>
      </Tabs>
    </Dialog>
  );
}

const ADVANCED = /^(require_api_key|channels|extra_events|routes)\b/;

function DetailFields({
  api: { form },
  id,
}: {
  api: ReturnType<typeof useApiForm<WorkspaceValues, unknown>>;
  id: string;
}) {
  const { routes, channels } = form.getValues();
  return (
    <>
      <WorkspaceFields form={form} />
      <HeaderRows form={form} storedIn={id} />
      <AdvancedPart hasFault={Object.keys(form.errors).some((field) => ADVANCED.test(field))}>
        <AdvancedFields form={form} isNew={false} />
        <RouteFields
          routes={routes}
          channels={channels}
          errors={form.errors}
          onChange={(changed) => form.setFieldValue('routes', changed)}
        />
      </AdvancedPart>
    </>
  );
}
