import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { AmsctlError } from '../../src/domain/errors.ts'
import type { Token } from '../../src/domain/token.ts'
import type { Store } from '../../src/services/ports.ts'
import { temporaryDirectory } from '../support/amsctl.ts'
import { aSession, aStore, aUse, tokenNumber, tokens } from '../support/store.ts'
import { tinyDisk } from '../support/tiny-disk.ts'

const isRoot = process.getuid?.() === 0
if (!isRoot) process.stderr.write('SKIPPED: a full disk needs root, to mount one\n')

const noRoom = expect.stringMatching(/no space left on device \(ENOSPC\)$/)

/** What the store said of each token. */
class Answers {
  readonly minted = new Set<Token>()
  readonly unminted = new Set<Token>()
  readonly spent = new Set<Token>()
  readonly unspent = new Set<Token>()
  failures = 0

  /** Mints a token and spends it, as far as the store lets it. */
  async use(store: Store, token: Token): Promise<void> {
    if (!(await this.#works(store.tokens.add([token])))) return void this.unminted.add(token)
    this.minted.add(token)
    const session = aSession({ id: sessionOf(token), tokenHash: token.hash })
    const spent = await this.#works(store.tokens.spend(token.hash, 'me', aUse({ session: session.id }), session))
    this[spent ? 'spent' : 'unspent'].add(token)
  }

  async #works(answer: Promise<unknown>): Promise<boolean> {
    try {
      await answer
      return true
    } catch (error) {
      if (!(error instanceof AmsctlError)) throw error
      expect(error).toMatchObject({ code: 'STORE_FAILED', message: noRoom })
      this.failures++
      return false
    }
  }

  async hold(store: Store): Promise<void> {
    const sessions = new Set((await store.sessions.all()).map(({ id }) => id))
    const state = async (token: Token) => ({
      used: (await store.tokens.findByHash(token.hash))?.used,
      session: sessions.has(sessionOf(token)),
    })
    for (const token of this.unminted) expect(await state(token)).toEqual({ used: undefined, session: false })
    for (const token of this.spent) expect(await state(token)).toEqual({ used: 1, session: true })
    for (const token of this.unspent) expect(await state(token)).toEqual({ used: 0, session: false })
  }
}

function sessionOf({ id }: Token): string {
  return id.replace('tk_', 'ss_')
}

describe.skipIf(!isRoot)('a full disk', () => {
  const cases: [string, number][] = [
    ['no compaction', 1 << 20],
    ['compactions', 20_000],
  ]

  it.each(cases)('with %s loses and revives nothing, and once there is room it goes on', async (_, journalLimit) => {
    const warned = vi.spyOn(process, 'emitWarning').mockReturnValue()
    const disk = await tinyDisk('600k')
    const [directory, ballast] = [join(disk, 'data'), join(disk, 'ballast')]
    await writeFile(ballast, Buffer.alloc(400_000))
    const store = await aStore(directory, { journalLimit })
    const answers = new Answers()
    let number = 0
    const lane = async (until: () => boolean) => {
      while (!until()) await answers.use(store, tokenNumber(number++))
    }
    const lanes = (until: () => boolean) => Promise.all(Array.from({ length: 4 }, () => lane(until)))
    await lanes(() => answers.failures > 100)
    expect(answers.spent.size).toBeGreaterThan(50)
    await answers.hold(store)

    await rm(ballast)
    const failures = answers.failures
    const before = number
    await lanes(() => number > before + 50)
    expect(answers.failures).toBe(failures)
    await answers.hold(store)
    await store.close()
    const again = await aStore(directory, { journalLimit })
    await answers.hold(again)
    await answers.use(again, tokenNumber(number))
    expect(answers.failures).toBe(failures)
    warned.mockRestore()
  })

  it('that has no room for a snapshot keeps the old one and its journals, until it has', async () => {
    const warnings: string[] = []
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation((text) => void warnings.push(String(text)))
    const disk = await tinyDisk('1m')
    const [directory, ballast] = [join(disk, 'data'), join(disk, 'ballast')]
    const store = await aStore(directory, { journalLimit: 1 << 20 })
    await store.tokens.add(tokens(1000))
    await store.close()
    await writeFile(ballast, Buffer.alloc(500_000))
    const full = await aStore(directory, { journalLimit: 1 })
    await full.tokens.spend(tokenNumber(0).hash, 'me', aUse(), null)
    await full.close()
    expect(warnings.filter((text) => text.startsWith('the journal stays long'))).toEqual([
      expect.stringMatching(/: cannot write .*tokens\.json.*ENOSPC/),
    ])
    expect((await readdir(directory)).filter((name) => name.endsWith('.tmp'))).toEqual([])

    await rm(ballast)
    const roomy = await aStore(directory, { journalLimit: 1 })
    expect(await roomy.tokens.findByHash(tokenNumber(0).hash)).toMatchObject({ used: 1 })
    await roomy.tokens.add([tokenNumber(1000)])
    await roomy.close()
    expect((await readdir(directory)).filter((name) => name.startsWith('tokens'))).toHaveLength(2)
    warned.mockRestore()
  })

  it('takes no half backup', async () => {
    const disk = await tinyDisk('64k')
    const store = await aStore(await temporaryDirectory())
    await store.tokens.add(tokens(500))
    const target = join(disk, 'copy')
    await expect(store.backUp?.(target)).rejects.toMatchObject({ code: 'STORE_FAILED', message: noRoom })
    expect(await readdir(disk)).toEqual([])
  })
})
