import { defineConfig } from 'vitest/config'

/** `npm run soak [NAME…]`: the counts that the suite only samples. */
export default defineConfig({
  test: {
    dir: 'test/soak',
    include: ['**/*.soak.ts'],
    pool: 'forks',
    fileParallelism: false,
    disableConsoleIntercept: true,
    passWithNoTests: true,
    testTimeout: 0,
    hookTimeout: 0,
  },
})
