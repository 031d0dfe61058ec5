/** How the panel is looked at. */
export const LOOKS = {
  light: { colorScheme: 'light', width: 1280, height: 800 },
  dark: { colorScheme: 'dark', width: 1280, height: 800 },
  phone: { colorScheme: 'light', width: 390, height: 844 },
} as const;

export type Look = keyof typeof LOOKS;
export const ALL_LOOKS = Object.keys(LOOKS) as Look[];
