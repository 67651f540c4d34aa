/** The analyzer's own order is random; what is committed and compared must not be. */
const sorted = {
  name: 'sorted',
  packageLinkPhase({ customElementsManifest }) {
    customElementsManifest.modules.sort((a, b) => (a.path < b.path ? -1 : 1));
  },
};

/** Elements and what they inherit from, without what is private to them. */
const publicOnly = {
  name: 'public-only',
  packageLinkPhase({ customElementsManifest }) {
    for (const module of customElementsManifest.modules) {
      module.declarations = (module.declarations ?? []).filter((declaration) => declaration.kind === 'class');
      const names = new Set(module.declarations.map((declaration) => declaration.name));
      module.exports = (module.exports ?? []).filter((exported) => names.has(exported.declaration.name));
      for (const declaration of module.declarations) {
        declaration.members = declaration.members?.filter(
          ({ name, privacy }) => (privacy ?? 'public') === 'public' && !name.startsWith('#'),
        );
        // What the analyzer reads from a dispatchEvent has no description, and sometimes a variable for a name.
        declaration.events = declaration.events?.filter(({ description }) => description !== undefined);
      }
    }
    customElementsManifest.modules = customElementsManifest.modules.filter(({ declarations }) => declarations.length > 0);
  },
};

export default {
  globs: ['src/components/**/*.ts', 'src/ui/*element.ts'],
  exclude: ['**/*.styles.ts'],
  litelement: true,
  // Its path in package.json is written there by hand, and is not that of a temporary folder.
  packagejson: false,
  plugins: [sorted, publicOnly],
};
