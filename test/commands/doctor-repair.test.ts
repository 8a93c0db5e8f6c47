import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import Doctor from '../../src/commands/doctor.ts'
import SettingsEnableToken from '../../src/commands/settings/enable-token.ts'
import TokenCreate from '../../src/commands/token/create.ts'
import TokenList from '../../src/commands/token/list.ts'
import { temporaryDirectory } from '../support/amsctl.ts'
import { runCommand } from '../support/run-command.ts'
import { aStore, contentsOf } from '../support/store.ts'

/** Two tokens; the line of the first one has a flipped bit. */
async function aDamagedDirectory(): Promise<string> {
  const dataDir = await temporaryDirectory()
  for (const stream of ['cam1', 'cam2']) {
    await runCommand(TokenCreate, [stream, '--type', 'play', '--data-dir', dataDir])
  }
  await runCommand(SettingsEnableToken, ['--data-dir', dataDir])
  const path = join(dataDir, 'tokens.journal-0.ndjson')
  const journal = await readFile(path)
  journal[20] = (journal[20] ?? 0) ^ 1
  await writeFile(path, journal)
  return dataDir
}

describe('doctor --repair', () => {
  it('is what a damaged store asks for, and tells what was kept, what was lost and what that means', async () => {
    const dataDir = await aDamagedDirectory()
    const before = await contentsOf(dataDir)
    const refused = await runCommand(TokenList, ['--data-dir', dataDir])
    expect(refused).toMatchObject({ exit: 5, stderr: expect.stringContaining('amsctl doctor --repair NEWDIR') })

    const target = join(await temporaryDirectory(), 'sound')
    const { stdout, stderr, exit } = await runCommand(Doctor, ['--repair', target, '--data-dir', dataDir])
    expect(exit).toBe(0)
    expect(stdout).toMatch(
      /^directory\t.*sound\ntokens\t1\nrevoked\t0\nsessions\t0\nsettings\tkept\nlost\ttokens\.journal-0\.ndjson, line 1, byte 0 \(\d+ bytes\): the checksum is wrong\n$/,
    )
    expect(stderr).toContain('Tokens that stood in what was lost are unknown now')
    expect(await contentsOf(dataDir)).toEqual(before)
    expect((await runCommand(TokenList, ['--data-dir', target])).stdout).toMatch(/cam2.*active/)
  })

  it('prints a report under --json', async () => {
    const dataDir = await aDamagedDirectory()
    const target = join(await temporaryDirectory(), 'sound')
    await writeFile(join(dataDir, 'settings.json'), '{"v":1,"sett')
    const { stdout } = await runCommand(Doctor, ['--repair', target, '--data-dir', dataDir, '--json'])
    expect(JSON.parse(stdout)).toMatchObject({
      directory: target,
      tokens: 1,
      barred: 0,
      sessions: 0,
      settingsKept: false,
      losses: [{ file: 'tokens.journal-0.ndjson', line: 1 }, { file: 'settings.json' }],
    })
  })

  it('is refused while the store is held, for a directory that is taken, and for Redis', async () => {
    const dataDir = await aDamagedDirectory()
    const target = join(await temporaryDirectory(), 'sound')
    const at = (...more: string[]) => runCommand(Doctor, ['--repair', target, '--data-dir', dataDir, ...more])
    expect(await at('--store', 'redis://127.0.0.1/0')).toMatchObject({ exit: 2 })
    const taken = await runCommand(Doctor, ['--repair', dataDir, '--data-dir', dataDir])
    expect(taken).toMatchObject({ exit: 2, stderr: expect.stringContaining('is there already') })

    const sound = await temporaryDirectory()
    await aStore(sound)
    const held = await runCommand(Doctor, ['--repair', target, '--data-dir', sound])
    expect(held).toMatchObject({ exit: 5, stderr: expect.stringContaining(`process ${process.pid} holds the store`) })
    expect(existsSync(target)).toBe(false)
  })
})
