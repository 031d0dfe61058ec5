import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core';

/** The brand's blue. Six is what white reads well on. */
const wire: MantineColorsTuple = [
  '#eef4ff',
  '#dce7fe',
  '#bad1fc',
  '#8fb3f8',
  '#6494f3',
  '#3f78ec',
  '#245fdf',
  '#1c4cbd',
  '#1a409a',
  '#19387e',
];

const gray: MantineColorsTuple = [
  '#f7f8fa',
  '#eff1f4',
  '#e3e7ec',
  '#d3d9e0',
  '#bbc4ce',
  '#8f9baa',
  '#5d6979',
  '#465160',
  '#303a47',
  '#1b232e',
];

const dark: MantineColorsTuple = [
  '#d3dae4',
  '#b4bdca',
  '#939eae',
  '#6c7787',
  '#3d4757',
  '#2b3441',
  '#1f2732',
  '#161c25',
  '#11161d',
  '#0c1015',
];

// Deeper than Mantine's own, whose sixth does not carry white text.
const red: MantineColorsTuple = [
  '#fff1f1',
  '#ffe2e2',
  '#ffc7c7',
  '#ff9f9f',
  '#f87575',
  '#e54848',
  '#cb2e2e',
  '#ab2323',
  '#8d1d1d',
  '#741919',
];

const orange: MantineColorsTuple = [
  '#fff6ea',
  '#ffead2',
  '#ffd4a6',
  '#fdb877',
  '#f59c49',
  '#df8024',
  '#b45c09',
  '#934b06',
  '#783e08',
  '#63340a',
];

const green: MantineColorsTuple = [
  '#ebf8f1',
  '#d6f0e1',
  '#afe0c5',
  '#81cda4',
  '#53b982',
  '#2f9e65',
  '#1f7f4e',
  '#196640',
  '#155335',
  '#11442c',
];

export const theme = createTheme({
  primaryColor: 'wire',
  primaryShade: 6,
  colors: { wire, gray, dark, red, orange, green },
  black: '#161d27',
  fontFamily:
    'Inter, ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
  fontFamilyMonospace:
    'ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "Liberation Mono", monospace',
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  headings: {
    fontWeight: '600',
    sizes: {
      h1: { fontSize: '1.5rem', lineHeight: '1.3' },
      h2: { fontSize: '1.0625rem', lineHeight: '1.4' },
      h3: { fontSize: '0.9375rem', lineHeight: '1.4' },
    },
  },
  components: {
    Modal: {
      defaultProps: {
        closeButtonProps: { 'aria-label': 'Close' },
        overlayProps: { backgroundOpacity: 0.45 },
        transitionProps: { duration: 120 },
        radius: 'lg',
      },
      styles: { title: { fontWeight: 600, fontSize: 'var(--mantine-font-size-lg)' } },
    },
    Drawer: {
      defaultProps: {
        closeButtonProps: { 'aria-label': 'Close' },
        overlayProps: { backgroundOpacity: 0.45 },
        transitionProps: { duration: 150 },
      },
    },
    Tooltip: { defaultProps: { openDelay: 250, events: { hover: true, focus: true, touch: true } } },
    ActionIcon: { defaultProps: { variant: 'subtle', color: 'gray' } },
  },
});

const TINTED = ['wire', 'red', 'orange', 'green'];

/** Calmer grounds for notes than Mantine's own, and text of errors that can be read on them. */
export const resolveVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-error': 'var(--mantine-color-red-7)',
    ...Object.fromEntries(
      TINTED.map((name) => [`--mantine-color-${name}-light`, `var(--mantine-color-${name}-0)`]),
    ),
  },
  dark: {
    '--mantine-color-error': 'var(--mantine-color-red-4)',
    ...Object.fromEntries(
      TINTED.flatMap((name) => [
        [
          `--mantine-color-${name}-light`,
          `color-mix(in srgb, var(--mantine-color-${name}-5) 15%, transparent)`,
        ],
        [`--mantine-color-${name}-light-color`, `var(--mantine-color-${name}-3)`],
      ]),
    ),
  },
});
