import { Select } from '@mantine/core';
import { useState } from 'react';
import { refresh } from '../../api/query-client.ts';
import { type CreatedWorkspace, createWorkspace, useWorkspaces } from '../../api/workspaces.ts';
import { FormDialog } from '../../forms/form-dialog.tsx';
import { useApiForm } from '../../forms/use-api-form.ts';
import { AdvancedFields } from './advanced-fields.tsx';
import { AdvancedPart } from './advanced-part.tsx';
import { CreatedNote } from './created-note.tsx';
import { HeaderRows } from './header-rows.tsx';
import { fillInRenamed } from './header-values.ts';
import { WorkspaceFields } from './workspace-fields.tsx';
import { bodyOf, dropEmptyRows, EMPTY, takenOver, type WorkspaceValues } from './workspace-values.ts';

interface NewWorkspaceProps {
  onClose: () => void;
}

/** Asks for a workspace's fields, and shows its secret once it is there. */
export function NewWorkspace({ onClose }: NewWorkspaceProps) {
  const [created, setCreated] = useState<CreatedWorkspace>();
  if (created) return <CreatedNote workspace={created} onClose={onClose} />;
  return (
    <NewWorkspaceForm
      onClose={onClose}
      onCreated={(workspace) => {
        setCreated(workspace);
        void refresh('workspaces');
      }}
    />
  );
}

interface NewWorkspaceFormProps extends NewWorkspaceProps {
  onCreated: (workspace: CreatedWorkspace) => void;
}

function NewWorkspaceForm({ onClose, onCreated }: NewWorkspaceFormProps) {
  const api = useApiForm<WorkspaceValues, CreatedWorkspace>({
    initialValues: EMPTY,
    prepare: dropEmptyRows,
    validate: ({ name }) => ({ name: name.trim() === '' ? 'Give the workspace a name.' : undefined }),
    send: async (values) =>
      createWorkspace({
        ...bodyOf(await fillInRenamed(values, values.clone_from)),
        ...(values.clone_from !== null && { clone_from: values.clone_from }),
      }),
    onDone: onCreated,
  });
  const { form } = api;
  const { clone_from } = form.getValues();
  return (
    <FormDialog title="Add New Workspace" api={api} verb="Create workspace" onClose={onClose} size="lg">
      <ModelField api={api} />
      <WorkspaceFields form={form} />
      <HeaderRows form={form} storedIn={clone_from} />
      <AdvancedPart hasFault={Object.keys(form.errors).some((field) => ADVANCED.test(field))}>
        <AdvancedFields form={form} isNew />
      </AdvancedPart>
    </FormDialog>
  );
}

const ADVANCED = /^(require_api_key|channels|extra_events)\b/;

/** Choosing a workspace fills in what a clone takes over; what was typed by hand before stays where the model has nothing. */
function ModelField({
  api: { form },
}: {
  api: ReturnType<typeof useApiForm<WorkspaceValues, CreatedWorkspace>>;
}) {
  const { data: workspaces = [] } = useWorkspaces();
  const choose = (id: string | null): void => {
    const model = workspaces.find(({ location_id }) => location_id === id);
    const typed = form.getValues();
    const kept = typed.headers.filter(({ storedAs }) => storedAs === null);
    if (model === undefined) {
      form.setValues({ clone_from: null, headers: kept });
      return;
    }
    const { url, headers, ...rest } = takenOver(model);
    form.setValues({
      ...rest,
      clone_from: id,
      url: url === '' ? typed.url : url,
      headers: [...headers, ...kept],
    });
  };
  return (
    <Select
      label="Select Existing Workspace"
      description="To start from its URL, headers, channels and what to try next when a channel fails. Its secret, keys and devices stay its own."
      placeholder="None: start empty"
      data={workspaces.map(({ location_id, name }) => ({ value: location_id, label: name }))}
      searchable
      clearable
      nothingFoundMessage="No workspace of this name"
      disabled={workspaces.length === 0}
      {...form.getInputProps('clone_from')}
      onChange={choose}
    />
  );
}
