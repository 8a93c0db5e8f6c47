import { beforeEach, describe, expect, it } from 'vitest'
import ApikeyCreate from '../../src/commands/apikey/create.ts'
import ApikeyList from '../../src/commands/apikey/list.ts'
import ApikeyRevoke from '../../src/commands/apikey/revoke.ts'
import SettingsDisableToken from '../../src/commands/settings/disable-token.ts'
import SettingsEnableToken from '../../src/commands/settings/enable-token.ts'
import SettingsGet from '../../src/commands/settings/get.ts'
import SettingsSet from '../../src/commands/settings/set.ts'
import SettingsShow from '../../src/commands/settings/show.ts'
import TokenCreate from '../../src/commands/token/create.ts'
import { SETTING_NAMES } from '../../src/domain/settings.ts'
import { temporaryDirectory } from '../support/amsctl.ts'
import { runCommand } from '../support/run-command.ts'

let at: string[]

beforeEach(async () => {
  at = ['--data-dir', await temporaryDirectory()]
})

const set = (...argv: string[]) => runCommand(SettingsSet, [...argv, ...at])
const get = async (name: string) => (await runCommand(SettingsGet, [name, ...at])).stdout

describe('settings', () => {
  it('show lists every setting with value, default and meaning', async () => {
    const lines = (await runCommand(SettingsShow, at)).stdout.trimEnd().split('\n')
    expect(lines.map((line) => line.split('\t')[0])).toEqual(SETTING_NAMES)
    for (const line of lines) expect(line.split('\t')).toHaveLength(4)
    const json = JSON.parse((await runCommand(SettingsShow, ['--json', ...at])).stdout)
    expect(json[0]).toEqual({
      name: 'token-control-publish',
      value: 'off',
      default: 'off',
      help: 'whether publishing needs a token',
      legal: 'on or off',
    })
  })

  it('get prints the bare value', async () => {
    expect(await get('default-expire')).toBe('1h\n')
  })

  it('set changes it, for the next command too', async () => {
    expect(await set('default-expire', '2h')).toEqual({ stdout: 'default-expire\t2h\n', stderr: '', exit: 0 })
    expect(await get('default-expire')).toBe('2h\n')
    expect(JSON.parse((await set('guess-limit', '5', '--json')).stdout)).toMatchObject({
      name: 'guess-limit',
      value: '5',
    })
  })

  it('set takes an empty value', async () => {
    await set('public-url', 'https://live.example.org')
    expect(await set('public-url', '')).toMatchObject({ exit: 0 })
    expect(await get('public-url')).toBe('')
  })

  it('refuses an unknown name, naming the known ones', async () => {
    const { stderr, exit } = await set('colour', 'blue')
    expect(exit).toBe(2)
    for (const name of SETTING_NAMES) expect(stderr).toContain(name)
  })

  it('refuses a bad value, naming the legal ones', async () => {
    const { stderr, exit } = await set('rest-access', 'ajar')
    expect({ stderr, exit }).toEqual({
      stderr: 'error: rest-access: "ajar" is neither restricted nor open (legal: restricted or open)\n',
      exit: 2,
    })
  })

  it('warns of rest-access open', async () => {
    expect((await set('rest-access', 'open')).stderr).toMatch(/^warning: any address may now mint/)
  })

  it('public-url is the host of the URLs that create prints', async () => {
    await set('public-url', 'https://live.example.org')
    const { stdout, stderr } = await runCommand(TokenCreate, ['cam1', '--type', 'play', '--urls', ...at])
    expect(stderr).toBe('')
    expect(stdout).toMatch(/^rtmp\trtmp:\/\/live\.example\.org:1935\/LiveApp\/cam1\?token=/m)
    expect(stdout).toMatch(/^https-flv\thttps:\/\/live\.example\.org\/LiveApp\/streams\/cam1\.flv\?token=/m)
  })
})

describe('token control', () => {
  it('is turned on and off, both directions or one', async () => {
    const enable = (...argv: string[]) => runCommand(SettingsEnableToken, [...argv, ...at])
    const disable = (...argv: string[]) => runCommand(SettingsDisableToken, [...argv, ...at])
    expect((await enable()).stdout).toBe('publishing needs a token, playing needs a token\n')
    expect((await disable('--type', 'play')).stdout).toBe('publishing needs a token, playing is open to anyone\n')
    expect((await disable()).stdout).toBe('publishing is open to anyone, playing is open to anyone\n')
    expect(JSON.parse((await enable('--type', 'publish', '--kick', '--json')).stdout)).toEqual({
      tokenControl: { publish: true, play: false },
      connections: 0,
      kicked: true,
    })
  })
})

describe('apikey', () => {
  it('create prints the bare key, list never, and revoke ends it', async () => {
    const { stdout } = await runCommand(ApikeyCreate, ['--note', 'shop', ...at])
    expect(stdout).toMatch(/^amsctl_[A-Za-z0-9]{40}\n$/)
    const listed = await runCommand(ApikeyList, at)
    expect(listed.stdout).toMatch(/^ak_\w{12}\t\S+Z\tshop\n$/)
    const id = (await runCommand(ApikeyList, ['--quiet', ...at])).stdout.trim()
    expect((await runCommand(ApikeyRevoke, [id, ...at])).stdout).toBe(`revoked ${id}\n`)
    expect((await runCommand(ApikeyList, ['--json', ...at])).stdout).toBe('[]\n')
    expect(await runCommand(ApikeyRevoke, [id, ...at])).toMatchObject({ exit: 3, stdout: '' })
  })

  it('create answers --json with the key and its id', async () => {
    const created = JSON.parse((await runCommand(ApikeyCreate, ['--json', ...at])).stdout)
    expect(created).toEqual({
      id: expect.stringMatching(/^ak_/),
      note: null,
      createdAt: expect.any(String),
      key: expect.stringMatching(/^amsctl_/),
    })
  })
})
