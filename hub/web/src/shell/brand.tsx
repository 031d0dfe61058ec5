import { Group, Text } from '@mantine/core';

interface BrandProps {
  size?: number;
}

/** The mark: a wire that carries a pulse. */
export function Brand({ size = 26 }: BrandProps) {
  return (
    <Group gap={9} wrap="nowrap">
      <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
        <rect width="32" height="32" rx="8" fill="var(--mantine-color-wire-6)" />
        <path
          d="M6 18h5l3-9 5 15 3-6h4"
          fill="none"
          stroke="#fff"
          strokeWidth="2.6"
          strokeLinecap="round"
          strokeLinejoin="round"
        />
      </svg>
      <Text component="span" fw={650} fz={size > 30 ? 'xl' : 'md'} lts="-0.01em">
        Bluewire
      </Text>
    </Group>
  );
}
