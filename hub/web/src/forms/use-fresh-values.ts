import type { UseFormReturnType } from '@mantine/form';
import { useEffect, useRef } from 'react';

/**
 * Lets a form follow what it is about: it is filled anew when that has changed and nothing is typed. What is answered is to be
 * called once the form was saved, with the values that were stored and those that were sent; what was typed meanwhile stays.
 */
export function useFreshValues<Values extends Record<string, unknown>>(
  form: UseFormReturnType<Values>,
  current: Values,
): (stored: Values, sent: Values) => void {
  const text = JSON.stringify(current);
  const known = useRef(text);
  const isBehind = useRef(false);
  const isDirty = form.isDirty();
  useEffect(() => {
    if (text !== known.current) isBehind.current = true;
    known.current = text;
    if (!isBehind.current || isDirty) return;
    isBehind.current = false;
    form.setInitialValues(current);
    form.setValues(current);
  });
  return (stored, sent) => {
    const typed = form.getValues();
    const isTyped = (field: string): boolean => JSON.stringify(typed[field]) !== JSON.stringify(sent[field]);
    isBehind.current = false;
    form.setInitialValues(stored);
    form.setValues(
      Object.fromEntries(
        Object.entries(stored).map(([field, value]) => [field, isTyped(field) ? typed[field] : value]),
      ) as Values,
    );
  };
}
