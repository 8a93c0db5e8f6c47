import { appendFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import Audit from '../../src/commands/audit.ts'
import SessionKick from '../../src/commands/session/kick.ts'
import SessionList from '../../src/commands/session/list.ts'
import Status from '../../src/commands/status.ts'
import StreamList from '../../src/commands/stream/list.ts'
import TokenCreate from '../../src/commands/token/create.ts'
import TokenList from '../../src/commands/token/list.ts'
import { temporaryDirectory } from '../support/amsctl.ts'
import { runCommand } from '../support/run-command.ts'

it.each([
  ['status', Status, []],
  ['stream list', StreamList, []],
  ['session list', SessionList, []],
  ['session kick', SessionKick, ['ss_000000000000']],
])('%s exits 5 where no daemon runs, and says how to start one', async (_, command, argv) => {
  const dataDir = await temporaryDirectory()
  const message = `no daemon on ${dataDir}; start one with amsctl serve`
  const plain = await runCommand(command, [...argv, '--data-dir', dataDir])
  expect(plain).toEqual({ stdout: '', stderr: `error: ${message}\n`, exit: 5 })
  const json = await runCommand(command, [...argv, '--data-dir', dataDir, '--json'])
  expect(json).toMatchObject({ stderr: '', exit: 5 })
  expect(JSON.parse(json.stdout)).toEqual({ error: { code: 'DAEMON_DOWN', message, exit: 5 } })
})

it('a data directory that is a file is called that', async () => {
  const file = join(await temporaryDirectory(), 'file')
  await writeFile(file, '')
  const list = await runCommand(TokenList, ['--data-dir', file])
  expect(list).toEqual({ stdout: '', stderr: `error: ${file} is not a directory\n`, exit: 5 })
  const status = await runCommand(Status, ['--data-dir', file])
  expect(status.stderr).toBe(`error: no daemon on ${file}; start one with amsctl serve\n`)
})

it('audit tells without a daemon what was done, oldest first, across rotated files', async () => {
  const dataDir = await temporaryDirectory()
  const at = ['--data-dir', dataDir]
  await runCommand(TokenCreate, ['cam1', '--type', 'play', ...at])
  await rename(join(dataDir, 'audit.ndjson'), join(dataDir, 'audit.ndjson.1'))
  await runCommand(TokenCreate, ['cam2', '--type', 'publish', ...at])
  const { stdout } = await runCommand(Audit, at)
  expect(stdout).toMatch(
    /^\S+Z\tmint\tcli\t\t\tLiveApp\tcam1\tplay\ttk_\w{12}\t\t\t\n\S+Z\tmint\tcli\t\t\tLiveApp\tcam2\tpublish\ttk_\w{12}\t\t\t\n$/,
  )
  const json = (await runCommand(Audit, ['--json', '--limit', '1', ...at])).stdout.trimEnd().split('\n')
  expect(json).toHaveLength(1)
  expect(JSON.parse(json[0] ?? '')).toMatchObject({ event: 'mint', by: 'cli', streamId: 'cam2', type: 'publish' })
})

it('audit shows no control character that a client has sent', async () => {
  const dataDir = await temporaryDirectory()
  const entry = { at: '2026-01-01T00:00:00.000Z', event: 'refuse', by: 'client', message: 'a\tb\u001b[2J' }
  await appendFile(join(dataDir, 'audit.ndjson'), `${JSON.stringify(entry)}\n`)
  expect((await runCommand(Audit, ['--data-dir', dataDir])).stdout).toContain('\ta\\tb\\u001b[2J\n')
})

it('audit prints nothing where nothing has happened', async () => {
  expect(await runCommand(Audit, ['--data-dir', await temporaryDirectory()])).toEqual({
    stdout: '',
    stderr: '',
    exit: 0,
  })
})
