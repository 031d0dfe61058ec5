import { type UseFormReturnType, useForm } from '@mantine/form';
import { type FormEvent, useRef, useState } from 'react';
import { ApiFailure } from '../api/failures.ts';

interface ApiFormOptions<Values extends Record<string, unknown>, Result> {
  initialValues: Values;
  /** Puts what was typed in order before it is looked at; the form then shows it so. */
  prepare?: (values: Values) => Values;
  /** Sends what was typed. */
  send: (values: Values) => Promise<Result>;
  onDone: (result: Result, values: Values) => void | Promise<void>;
  /** What can be told before the hub is asked: a sentence for each field at fault. */
  validate?: (values: Values) => Record<string, string | undefined>;
  /** Fields of the API that are called otherwise in this form. */
  fieldNames?: Record<string, string>;
}

export interface ApiForm<Values extends Record<string, unknown>> {
  form: UseFormReturnType<Values>;
  isSending: boolean;
  /** What went wrong beyond single fields of the form. */
  failure: unknown;
  submit: (event?: FormEvent<HTMLFormElement>) => void;
}

/**
 * A form whose faults the hub tells: the sentences of its answer stand beside the fields that they name, what belongs to
 * no field in `failure`. Whatever happens, what was typed stays.
 */
export function useApiForm<Values extends Record<string, unknown>, Result>({
  initialValues,
  prepare,
  send,
  onDone,
  validate,
  fieldNames = {},
}: ApiFormOptions<Values, Result>): ApiForm<Values> {
  const form = useForm<Values>({ initialValues });
  const [isSending, setSending] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const inFlight = useRef(false);

  const complain = (errors: Record<string, string>): void => {
    form.setErrors(errors);
    focusFirst(Object.keys(errors), form);
  };
  const run = async (): Promise<void> => {
    if (inFlight.current) return;
    const values = prepare?.(form.getValues()) ?? form.getValues();
    if (prepare) form.setValues(values);
    const faults = onlySaid(validate?.(values) ?? {});
    setFailure(null);
    form.clearErrors();
    if (Object.keys(faults).length > 0) return complain(faults);
    inFlight.current = true;
    setSending(true);
    try {
      await onDone(await send(values), values);
    } catch (error) {
      const { ofFields, rest } = splitFaults(error, values, fieldNames);
      setFailure(rest);
      complain(ofFields);
    } finally {
      inFlight.current = false;
      setSending(false);
    }
  };
  const submit = (event?: FormEvent<HTMLFormElement>): void => {
    event?.preventDefault();
    // A form in a dialog is within the page's own as far as React's events go.
    event?.stopPropagation();
    void run();
  };
  return { form, isSending, failure, submit };
}

function onlySaid(faults: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(faults).filter((fault): fault is [string, string] => fault[1] !== undefined),
  );
}

/** `headers[0].key` of the API is `headers.0.key` of a form. */
function splitFaults(
  error: unknown,
  values: Record<string, unknown>,
  fieldNames: Record<string, string>,
): { ofFields: Record<string, string>; rest: unknown } {
  if (!(error instanceof ApiFailure) || error.details.length === 0) return { ofFields: {}, rest: error };
  const ofFields: Record<string, string> = {};
  let isAllSaid = true;
  for (const { field, message } of error.details) {
    const path = (fieldNames[field] ?? field).replaceAll(/\[(\d+)\]/g, '.$1');
    const [first = ''] = path.split('.');
    if (first in values) ofFields[isOneField(values[first]) ? first : path] = sentenceBeside(field, message);
    else isAllSaid = false;
  }
  return { ofFields, rest: isAllSaid ? null : error };
}

/** Several values that one field takes, and not rows with fields of their own. */
function isOneField(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one !== 'object');
}

/** The API's sentence begins with the field's name, which stands above it here: "url must begin with http://". */
function sentenceBeside(field: string, message: string): string {
  if (!message.startsWith(field)) return message;
  const rest = message.slice(field.length).replace(/^:/, '').trim();
  return /^[a-z]/.test(rest) ? `This ${rest}` : rest;
}

function focusFirst<Values extends Record<string, unknown>>(
  paths: string[],
  form: UseFormReturnType<Values>,
): void {
  const [first] = paths;
  if (first === undefined) return;
  // After the errors are on the page, so that a screen reader reads them with the field.
  setTimeout(() => form.getInputNode(first as never)?.focus());
}
