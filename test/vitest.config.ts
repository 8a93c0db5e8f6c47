import { defineConfig } from 'vitest/config'
import { SpacedSequencer } from './spaced-sequencer.ts'

const report = process.env.AMSCTL_TEST_REPORT ?? 'test-artefacts/report.json'

export default defineConfig({
  test: {
    dir: 'test',
    include: ['**/*.test.ts'],
    pool: 'forks',
    // What a test leaves behind would be a fault of the test; loading everything anew for each file takes minutes.
    isolate: false,
    setupFiles: ['test/support/setup.ts'],
    // Two more than the cores of the machine that it must be done on in 8 minutes: many a test waits for real time to pass.
    maxWorkers: 4,
    sequence: { sequencer: SpacedSequencer },
    disableConsoleIntercept: true,
    // A busy machine is slow, not wrong.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 10_000 } },
    reporters: process.env.CI === 'true' ? ['default', ['json', { outputFile: report }]] : ['default'],
  },
})
