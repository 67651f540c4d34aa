/** The analyzer's own order is random; what is committed and compared must not be. */
const sorted = {
  name: 'sorted',
  packageLinkPhase({ customElementsManifest }) {
    customElementsManifest.modules.sort((a, b) => (a.path < b.path ? -1 : 1));
  },
};

/** Private fields, and what Lit itself adds, are nobody's business. */
const publicOnly = {
  name: 'public-only',
  packageLinkPhase({ customElementsManifest }) {
    for (const module of customElementsManifest.modules) {
      for (const declaration of module.declarations ?? []) {
        if (declaration.members === undefined) continue;
        declaration.members = declaration.members
          .filter((member) => member.privacy === undefined || member.privacy === 'public')
          .filter((member) => !member.name.startsWith('#'));
      }
    }
  },
};

export default {
  globs: ['src/components/**/*.ts', 'src/ui/*element.ts', 'src/define/*.ts'],
  exclude: ['**/*.styles.ts', '**/*.worker.ts'],
  litelement: true,
  plugins: [sorted, publicOnly],
};
