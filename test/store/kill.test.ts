import { expect, it } from 'vitest'
import { killAtCall, killRounds } from '../soak/store-kill.ts'
import { temporaryDirectory } from '../support/amsctl.ts'
import { describeWith } from '../support/programs.ts'
import { runWorker, traceOf } from '../support/store.ts'
import { brokenPromises } from '../support/store-claims.ts'

it('keeps every promise over kills at random', async () => {
  expect(await killRounds(await temporaryDirectory(), 6, 1)).toEqual([])
})

describeWith(['strace'], 'with its calls on files interfered with', () => {
  it.each([
    ['openat', 5],
    ['openat', 9],
    ['close', 4],
    ['pread64', 2],
    ['pread64', 8],
    ['pwrite64', 3],
    ['pwrite64', 8],
    ['write', 1],
    ['write', 3],
    ['fdatasync', 6],
    ['fsync', 2],
    ['fsync', 5],
    ['fsync', 6],
    ['rename', 1],
    ['rename', 2],
    ['unlink', 1],
  ] as const)('keeps every promise when killed at its %s number %i', async (call, nth) => {
    const { ended, broken } = await killAtCall(await temporaryDirectory(), call, nth)
    expect(broken).toEqual([])
    expect(ended).toBe(false)
  })

  it.each([
    'pwrite64:error=ENOSPC:when=5+3',
    'fdatasync:error=ENOSPC:when=4+4',
    'write:error=ENOSPC:when=2+2',
    'rename:error=EACCES:when=2+2',
  ])('keeps every promise, and none for what failed, under %s', async (injection) => {
    const directory = await temporaryDirectory()
    const under = traceOf(directory, '-o', '/dev/null', '-e', `inject=${injection}`)
    const { stdout } = await runWorker(directory, 'churn', { args: ['6', '20', '6000'], under })
    expect(stdout).toMatch(/closed\n$/)
    expect(await brokenPromises(directory, stdout)).toEqual([])
  })
})
