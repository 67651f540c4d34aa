import { esbuildPlugin } from '@web/dev-server-esbuild';
import { chromeLauncher } from '@web/test-runner-chrome';
import { testData } from './test/support/test-data.ts';
import { CHROMIUM_ARGS } from './tools/chromium-args.ts';
import { findChrome } from './tools/find-program.ts';

export default {
  files: 'test/browser/**/*.test.ts',
  nodeResolve: { exportConditions: ['development'], browser: true },
  concurrency: 1,
  // Of a machine that is busy, and has built nothing of it yet.
  browserStartTimeout: 120_000,
  testsStartTimeout: 120_000,
  testsFinishTimeout: 300_000,
  testFramework: { config: { timeout: 20_000 } },
  filterBrowserLogs: ({ args }) => !String(args[0]).startsWith('Lit is in dev mode'),
  middleware: [testData],
  plugins: [esbuildPlugin({ ts: true, target: 'es2022', tsconfig: 'src/tsconfig.json' })],
  browsers: [chromeLauncher({ launchOptions: { executablePath: findChrome(), args: CHROMIUM_ARGS } })],
};
