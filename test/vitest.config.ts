import { defineConfig } from 'vitest/config'

const report = process.env.AMSCTL_TEST_REPORT ?? 'test-artefacts/report.json'

/** A browser decodes without help of a GPU: two at a time on two cores show too few pictures to judge. */
const BROWSERS = ['e2e/{hls-browser,pages,panel,webrtc-browser,webrtc-sound}.test.ts', 'server/whip/browser.test.ts']

export default defineConfig({
  test: {
    pool: 'forks',
    disableConsoleIntercept: true,
    projects: [
      {
        extends: true,
        test: {
          name: 'suite',
          dir: 'test',
          include: ['**/*.test.ts'],
          exclude: BROWSERS.map((path) => `**/${path}`),
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'browsers',
          dir: 'test',
          include: BROWSERS.map((path) => `**/${path}`),
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A busy machine is slow, not wrong.
    expect: { poll: { timeout: 10_000 } },
    reporters: process.env.CI === 'true' ? ['default', ['json', { outputFile: report }]] : ['default'],
  },
})
