import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'packages/*/test/**/*.test.ts',
      'conformance/**/*.test.ts',
      'examples/*/test/**/*.test.ts',
    ],
    reporters: ['default', './tools/plain-summary-reporter.ts'],
    globalSetup: ['./tools/install-clients.ts', './tools/install-emulators.ts'],
    env: { AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE: '1' },
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
