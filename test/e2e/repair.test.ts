import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { mustAmsctl, serve, temporaryDirectory } from '../support/amsctl.ts'

const CAM = { app: 'LiveApp', streamId: 'cam', type: 'play' } as const

/** Turns a bit in the line of the journal that is about `text`. */
async function flipAt(dataDir: string, text: string): Promise<void> {
  const path = join(dataDir, 'tokens.journal-0.ndjson')
  const journal = await readFile(path)
  const at = journal.indexOf(text)
  expect(at).toBeGreaterThan(0)
  journal[at] = (journal[at] ?? 0) ^ 1
  await writeFile(path, journal)
}

it('a daemon on what was salvaged opens with certain tokens once, and with spent, lost and doubtful ones never', async () => {
  const [dataDir, directory] = [await temporaryDirectory(), await temporaryDirectory()]
  const before = await serve({ dataDir })
  await before.enableTokens()
  const key = await before.ask((daemon) => daemon.createApiKey({ note: 'panel' }))
  const [doubtful, lost, live, spent] = [
    await before.mint('cam', 'play'),
    await before.mint('cam', 'play'),
    await before.mint('cam', 'play'),
    await before.mint('cam', 'play'),
  ]
  const redeem = (daemon: typeof before, token: string) =>
    daemon.ask((to) => to.redeemToken({ ...CAM, token, ip: null })).then(({ code }) => code)
  expect(await redeem(before, spent)).toBe('OK')
  const { id } = await before.ask((daemon) => daemon.showToken(lost))
  await before.stop('SIGKILL')
  await flipAt(dataDir, id)

  const target = join(directory, 'sound')
  expect(await mustAmsctl(['doctor', '--repair', target], { dataDir })).toMatch(/^tokens\t3\nrevoked\t1$/m)
  const after = await serve({ dataDir: target })
  const answers = await Promise.all([live, live, live, live].map((token) => redeem(after, token)))
  expect(answers.sort()).toEqual(['OK', 'TOKEN_USED', 'TOKEN_USED', 'TOKEN_USED'])
  expect(await redeem(after, spent)).toBe('TOKEN_USED')
  expect(await redeem(after, lost)).toBe('TOKEN_UNKNOWN')
  expect(await redeem(after, doubtful)).toBe('TOKEN_REVOKED')
  expect(await after.ask((daemon) => daemon.listApiKeys())).toMatchObject([{ id: key.id }])
  const settings = await after.ask((daemon) => daemon.showSettings())
  expect(settings.find(({ name }) => name === 'token-control-play')).toMatchObject({ value: 'on' })
  expect(await redeem(after, await after.mint('cam', 'play'))).toBe('OK')
})
