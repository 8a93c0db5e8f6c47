import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import UserCreate from '../../src/commands/user/create.ts'
import UserDelete from '../../src/commands/user/delete.ts'
import UserList from '../../src/commands/user/list.ts'
import UserPasswd from '../../src/commands/user/passwd.ts'
import UserRole from '../../src/commands/user/role.ts'
import { temporaryDirectory } from '../support/amsctl.ts'
import { noteSecret } from '../support/leaks.ts'
import { aPanelHouse, codeOf, PASSWORD } from '../support/panel-house.ts'
import { runCommand } from '../support/run-command.ts'

async function aPasswordFile(password: string, encoding: BufferEncoding = 'utf8'): Promise<string> {
  const file = join(await temporaryDirectoryOfOthers(), 'password.txt')
  await writeFile(file, `${password}\n`, encoding)
  return file
}

/** Beside the data directory, in which no secret may stand. */
async function temporaryDirectoryOfOthers(): Promise<string> {
  const { mkdtemp, rm } = await import('node:fs/promises')
  const { tmpdir } = await import('node:os')
  const path = await mkdtemp(join(tmpdir(), 'amsctl-password-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}

describe('amsctl user', () => {
  it('creates, lists and deletes users without a daemon', async () => {
    const at = ['--data-dir', await temporaryDirectory()]
    const file = ['--password-file', await aPasswordFile(PASSWORD)]
    expect(await runCommand(UserCreate, ['admin', ...file, ...at])).toEqual({
      stdout: 'created admin (admin)\n',
      stderr: '',
      exit: 0,
    })
    await runCommand(UserCreate, ['watcher', '--role', 'viewer', ...file, ...at])
    const { stdout } = await runCommand(UserList, at)
    expect(stdout).toMatch(/^admin\tadmin\t\S+Z\nwatcher\tviewer\t\S+Z\n$/)
    expect((await runCommand(UserList, ['--quiet', ...at])).stdout).toBe('admin\nwatcher\n')
    const [listed] = JSON.parse((await runCommand(UserList, ['--json', ...at])).stdout)
    expect(Object.keys(listed)).toEqual(['id', 'name', 'role', 'createdAt'])

    expect(await runCommand(UserCreate, ['ADMIN', ...file, ...at])).toMatchObject({
      stderr: 'error: there is a user "ADMIN" already\n',
      exit: 4,
    })
    expect(await runCommand(UserDelete, ['admin', ...at])).toMatchObject({
      stderr: 'error: admin is the last admin; create another one first\n',
      exit: 4,
    })
    expect((await runCommand(UserRole, ['Watcher', 'admin', ...at])).stdout).toBe('watcher is an admin\n')
    expect((await runCommand(UserRole, ['admin', 'viewer', ...at])).stdout).toBe('admin is a viewer\n')
    expect(await runCommand(UserRole, ['watcher', 'viewer', ...at])).toMatchObject({
      stderr: 'error: watcher is the last admin; create another one first\n',
      exit: 4,
    })
    expect(await runCommand(UserRole, ['watcher', 'owner', ...at])).toMatchObject({ exit: 2 })
    await runCommand(UserRole, ['admin', 'admin', ...at])
    expect((await runCommand(UserDelete, ['watcher', ...at])).stdout).toBe('deleted watcher\n')
    expect(await runCommand(UserPasswd, ['watcher', ...file, ...at])).toMatchObject({
      stderr: 'error: no user "watcher"; see amsctl user list\n',
      exit: 3,
    })
  })

  it('refuses a password that is too short, a file that is not there, and a bad name, and repeats no password', async () => {
    const at = ['--data-dir', await temporaryDirectory()]
    const short = await runCommand(UserCreate, ['admin', '--password-file', await aPasswordFile('S3cret!'), ...at])
    expect(short).toEqual({ stdout: '', stderr: 'error: a password has 8 to 1024 characters\n', exit: 2 })
    const missing = await runCommand(UserCreate, ['admin', '--password-file', '/nowhere/at/all', ...at])
    expect(missing).toMatchObject({ stderr: expect.stringContaining('--password-file: cannot read /nowhere'), exit: 2 })
    const name = await runCommand(UserCreate, ['two words', '--password-file', '/nowhere/at/all', ...at])
    expect(name).toMatchObject({ stderr: expect.stringContaining('"two words" is not a user name'), exit: 2 })
  })

  it.each([
    ['nothing', '', 'utf8', 'error: no password was given; type it at a terminal, or give --password-file or stdin\n'],
    ['two lines', 'first line\nsecond', 'utf8', 'error: a password is one line without control characters\n'],
    ['Latin-1', 'Gr\u00fc\u00dfe an alle', 'latin1', 'error: the password is not readable as UTF-8\n'],
    ['UTF-16', '\ufefflong enough', 'utf16le', 'error: the password is not readable as UTF-8\n'],
  ] as const)('refuses a file of %s, with which nobody could log in', async (_what, text, encoding, stderr) => {
    const file = await aPasswordFile(text, encoding)
    const at = ['--data-dir', await temporaryDirectory()]
    expect(await runCommand(UserCreate, ['a', '--password-file', file, ...at])).toEqual({ stdout: '', stderr, exit: 2 })
  })
})

it('no password is read from a terminal that would show it, for want of one to ask on', async () => {
  const before = Object.getOwnPropertyDescriptor(process.stdin, 'isTTY')
  Object.defineProperty(process.stdin, 'isTTY', { value: true, configurable: true })
  onTestFinished(() => {
    if (before) Object.defineProperty(process.stdin, 'isTTY', before)
    else Reflect.deleteProperty(process.stdin, 'isTTY')
  })
  expect(await runCommand(UserCreate, ['admin', '--data-dir', await temporaryDirectory()])).toEqual({
    stdout: '',
    stderr: expect.stringMatching(
      /^error: standard error is no terminal to ask for a password on; give --password-file\n/,
    ),
    exit: 2,
  })
})

it('a new password or role given in a shell ends what the user is logged in with at the daemon', async () => {
  const { dataDir, browser } = await aPanelHouse()
  const at = ['--data-dir', dataDir]
  // As an editor on Windows writes it.
  await runCommand(UserCreate, ['anna', '--password-file', await aPasswordFile(`\ufeff${PASSWORD}\r`), ...at])
  const anna = browser()
  await anna.must('/panel/api/login', { name: 'anna', password: PASSWORD })
  const next = noteSecret('typed in a shell')
  const changed = await runCommand(UserPasswd, ['anna', '--password-file', await aPasswordFile(next), ...at])
  expect(changed).toEqual({ stdout: 'changed the password of anna\n', stderr: '', exit: 0 })
  expect((await anna.session()).user).toBeNull()
  await anna.must('/panel/api/login', { name: 'anna', password: next })
  await runCommand(UserCreate, ['boss', '--password-file', await aPasswordFile(PASSWORD), ...at])
  await runCommand(UserRole, ['anna', 'viewer', ...at])
  expect((await anna.session()).user).toBeNull()
  await anna.must('/panel/api/login', { name: 'anna', password: next })
  const refused = await anna.post('/panel/api/call/pruneTokens', { older: 60 })
  expect([refused.status, codeOf(refused)]).toEqual([403, 'ACCESS_DENIED'])
})
