import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryDirectory } from '../support/amsctl.ts'
import { describeWith } from '../support/programs.ts'
import { allTokens, aStore, runWorker, traceOf } from '../support/store.ts'

const JOURNAL = 'tokens.journal-0.ndjson'

/** strace on the journal alone, with one call made to fail. */
function failing(directory: string, injection: string): string[] {
  return ['strace', '-f', '-qq', '-o', '/dev/null', '-P', join(directory, JOURNAL), '-e', `inject=${injection}`]
}

describeWith(['strace'], 'group commit', () => {
  it('makes 1,000 mints at once durable with a handful of syncs', async () => {
    const directory = await temporaryDirectory()
    const log = join(await temporaryDirectory(), 'calls')
    const under = traceOf(directory, '-o', log, '-e', 'trace=fdatasync,pwrite64')
    const { stdout } = await runWorker(directory, 'mint', { args: ['1000'], under })
    expect(stdout).toBe('minted 1000\n')
    const calls = (await readFile(log, 'utf8')).split('\n')
    expect(calls.filter((call) => call.includes('fdatasync(')).length).toBeLessThanOrEqual(3)
    expect(await allTokens(await aStore(directory))).toHaveLength(1000)
  })
})

describeWith(['strace'], 'a write that fails', () => {
  const cases: [string, string][] = [
    ['has no room', 'pwrite64:error=ENOSPC:when=2'],
    ['has no room, as the sync finds out', 'fdatasync:error=ENOSPC:when=2'],
  ]

  it.each(cases)('because it %s burns no token, and the next try goes through', async (_name, injection) => {
    const directory = await temporaryDirectory()
    const { stdout } = await runWorker(directory, 'persist', { args: ['3'], under: failing(directory, injection) })
    const [minted, refused, won, used] = stdout.trim().split('\n')
    expect(refused).toMatch(/^STORE_FAILED cannot (write|sync) .*no space left on device \(ENOSPC\)$/)
    expect([won, used?.split(' ')[0]]).toEqual(['won ', 'TOKEN_USED'])
    const store = await aStore(directory)
    expect(await store.tokens.findByHash(minted?.split(' ')[1] ?? '')).toMatchObject({ used: 1 })
  })

  it('in the sync for another reason is the last one: nothing is promised any more until a restart', async () => {
    const directory = await temporaryDirectory()
    const under = failing(directory, 'fdatasync:error=EIO:when=2')
    const { stdout } = await runWorker(directory, 'persist', { args: ['2'], under })
    const [minted, first, second] = stdout.trim().split('\n')
    expect(first).toMatch(/^STORE_FAILED cannot sync .* \(EIO\)$/)
    expect(second).toMatch(/^STORE_FAILED .*restart amsctl$/)
    const store = await aStore(directory)
    expect(await store.tokens.findByHash(minted?.split(' ')[1] ?? '')).toMatchObject({ used: 0 })
  })

  it('and cannot be taken back is the last one as well', async () => {
    const directory = await temporaryDirectory()
    const under = [...failing(directory, 'pwrite64:error=ENOSPC:when=2'), ...['-e', 'inject=ftruncate:error=EIO']]
    const { stdout } = await runWorker(directory, 'persist', { args: ['2'], under })
    const [, first, second] = stdout.trim().split('\n')
    expect(first).toMatch(/^STORE_FAILED cannot write .* \(ENOSPC\)$/)
    expect(second).toMatch(/^STORE_FAILED .*restart amsctl$/)
  })
})

describeWith(['strace'], 'a file that may not be opened', () => {
  it.each(['tokens.json', 'lock', JOURNAL, 'settings.json'])(
    'is told with its path and the reason: %s',
    async (name) => {
      const directory = await temporaryDirectory()
      await runWorker(directory, 'churn', { args: ['1', '2', '1000000'] })
      const path = join(directory, name)
      const under = ['strace', '-f', '-qq', '-o', '/dev/null', '-P', path, '-e', 'inject=openat:error=EACCES:when=1']
      const { stdout } = await runWorker(directory, 'mint', { args: ['1'], under })
      expect(stdout).toMatch(/^failed STORE_FAILED cannot (read|open|lock) /)
      expect(stdout).toContain(`${path}: permission denied (EACCES)`)
    },
  )
})

describe('a disk that fills up', () => {
  it('leaves whole commits only: a write that went in by half is cut off again', async () => {
    const directory = await temporaryDirectory()
    const under = ['sh', '-c', 'ulimit -f 8; exec "$@"', 'sh']
    const { stdout } = await runWorker(directory, 'fill', { under })
    const lines = stdout.trim().split('\n')
    expect(lines.at(-2)).toMatch(/^STORE_FAILED cannot write .*journal-0.ndjson: file too large \(EFBIG\)$/)
    expect(lines.at(-1)).toBe('known false')
    const minted = lines.filter((line) => line.startsWith('minted'))
    const journal = await readFile(join(directory, JOURNAL), 'utf8')
    expect(journal.endsWith('\n')).toBe(true)
    expect(journal.trim().split('\n')).toHaveLength(minted.length)
    expect(await allTokens(await aStore(directory))).toHaveLength(minted.length)
  })
})
