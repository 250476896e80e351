import type { Plugin } from 'vite';

const NAMED_IMPORT = /^import \{([^}]*)\} from ("[^"]*"|'[^']*');?$/gm;

/**
 * Gives each module of `src` its imported names as constants of its own. Vitest makes every use of an imported name the call of
 * a getter, which costs the loops of the reference a third of their time. No module of `src` reassigns what it exports,
 * and none import each other, so the constants are what the getters would return. Not for tests that replace modules: a
 * stand-in need not have all names.
 */
export function ownNames(): Plugin {
  return {
    name: 'own-names',
    enforce: 'post', // once no types are left
    transform(code, id) {
      if (!/\/src\/[^?]*\.tsx?$/.test(id)) return;
      const constants: string[] = [];
      const imports = code.replaceAll(NAMED_IMPORT, (_, list: string, from: string) => {
        const names = list.split(',').flatMap((entry) => {
          const [, name, own = name] = /^\s*(\S+)(?: as (\S+))?\s*$/.exec(entry) ?? [];
          if (name === undefined) return [];
          constants.push(`const ${own} = imported_${own};`);
          return [`${name} as imported_${own}`];
        });
        return `import { ${names.join(', ')} } from ${from};`;
      });
      return { code: constants.join(' ') + imports, map: null }; // the lines stay where they are
    },
  };
}
