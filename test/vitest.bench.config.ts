import { defineConfig } from 'vitest/config'

/** `npm run bench [NAME…]`: measurements, one at a time and nothing beside them. */
export default defineConfig({
  test: {
    dir: 'test/bench',
    include: ['**/*.bench.ts'],
    pool: 'forks',
    fileParallelism: false,
    disableConsoleIntercept: true,
    passWithNoTests: true,
    testTimeout: 0,
    hookTimeout: 0,
  },
})
