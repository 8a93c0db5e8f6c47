import { defineConfig } from 'vitest/config'

const report = process.env.AMSCTL_TEST_REPORT ?? 'test-artefacts/report.json'

export default defineConfig({
  test: {
    dir: 'test',
    include: ['**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    disableConsoleIntercept: true,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A busy machine is slow, not wrong.
    expect: { poll: { timeout: 10_000 } },
    reporters: process.env.CI === 'true' ? ['default', ['json', { outputFile: report }]] : ['default'],
  },
})
