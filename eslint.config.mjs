import tseslint from 'typescript-eslint';
import regexp from 'eslint-plugin-regexp';
import { layers, allowed } from './scripts/layers.mjs';

// One block per layer: an import of a folder that the table does not allow is an error.
const walls = Object.entries(layers).map(([name, layer]) => {
  const may = allowed(name);
  const forbidden = Object.entries(layers)
    .filter(([other]) => !may.has(other))
    .map(([, other]) => `**/${other.dir.split('/').slice(-1)[0]}/**`);
  return {
    files: [`${layer.dir}/**/*.ts`],
    rules: { 'no-restricted-imports': ['error', { patterns: forbidden }] },
  };
});

export default tseslint.config(
  { ignores: ['dist/**', '.build/**', 'node_modules/**', 'coverage/**', 'test/e2e/.vscode/**'] },
  ...tseslint.configs.recommended,
  ...tseslint.configs.stylistic,
  {
    plugins: { regexp },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/consistent-type-definitions': ['error', 'interface'],
      'no-console': 'error',
      'regexp/no-super-linear-backtracking': 'error',
      'regexp/no-super-linear-move': 'error',
      eqeqeq: 'error',
    },
  },
  { files: ['scripts/**', 'test/e2e/**'], rules: { 'no-console': 'off' } },
  ...walls,
);
