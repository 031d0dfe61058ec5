import { Center, Loader } from '@mantine/core';

/** While the code of the first page is on its way. */
export function FirstLoad() {
  return (
    <Center mih="100dvh">
      <Loader aria-label="Loading" />
    </Center>
  );
}
