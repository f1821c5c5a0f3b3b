import tseslint from 'typescript-eslint';

const ONE_WAY_OUT = 'Only libs/upstream talks to the network.';
const restrictedImports = {
  paths: [
    { name: 'undici', message: ONE_WAY_OUT },
    { name: 'axios', message: ONE_WAY_OUT },
    { name: 'http-proxy-middleware', message: 'Only libs/passthrough/src/passthrough.proxy.ts.' },
  ],
};

export default tseslint.config(
  { ignores: ['dist/**', 'data/**', 'coverage/**', '**/*.cjs', '**/*.mjs', 'views/assets/**'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { project: './tsconfig.json' } },
    rules: {
      'max-lines': ['error', { max: 300 }],
      'max-lines-per-function': ['error', { max: 50, skipComments: true }],
      'max-params': ['error', 4],
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true } }],
      'no-console': 'error',
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportAllDeclaration', message: 'Name what you export.' },
        {
          selector: "CallExpression[callee.name='forwardRef']",
          message: 'A cycle with a permit is a cycle.',
        },
        { selector: "CallExpression[callee.name='fetch']", message: ONE_WAY_OUT },
        {
          selector: "MemberExpression[object.name='process'][property.name='env']",
          message: 'Only libs/config reads the environment.',
        },
      ],
      'no-restricted-imports': ['error', restrictedImports],
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/parameter-properties': 'off',
      // Nest types its options and DTOs as classes.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
    },
  },
  { files: ['libs/upstream/src/*.ts'], rules: { 'no-restricted-imports': 'off' } },
  { files: ['libs/passthrough/src/passthrough.proxy.ts'], rules: { 'no-restricted-imports': 'off' } },
  {
    files: ['libs/config/src/*.ts', 'jest.config.ts', 'jest.setup.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    files: ['apps/sandbox/**', 'bench/**', '**/*.spec.ts', '**/testing.ts', 'apps/gateway/test/**'],
    rules: { 'no-restricted-imports': 'off', 'no-restricted-syntax': 'off', 'no-console': 'off' },
  },
  {
    files: ['**/*.spec.ts', 'apps/gateway/test/**'],
    rules: { 'max-lines-per-function': 'off' },
  },
  { files: ['jest.config.ts'], rules: { 'no-restricted-exports': 'off' } },
);
