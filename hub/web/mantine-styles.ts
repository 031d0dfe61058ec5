import type { Plugin } from 'vite';

const COMPONENT = /@mantine\/core\/esm\/.*\/(\w+)\.module\.mjs$/;

/**
 * Lets each of Mantine's components bring its own styles, so that a page loads those of what it shows and no others. They
 * come in a layer, which the panel's own styles stand above in whatever order the chunks arrive.
 */
export function mantineStyles(): Plugin {
  return {
    name: 'mantine-styles',
    transform(code, id) {
      const [, component] = COMPONENT.exec(id) ?? [];
      if (component === undefined) return null;
      return { code: `import '@mantine/core/styles/${component}.layer.css';\n${code}`, map: null };
    },
  };
}
