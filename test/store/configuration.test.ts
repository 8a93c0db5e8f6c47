import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Configuration } from '../../src/services/ports.ts'
import { temporaryDirectory } from '../support/amsctl.ts'
import { aStore } from '../support/store.ts'
import { NOW } from '../support/tokens.ts'

const user = {
  id: 'us_0123456789ab',
  name: 'anna',
  role: 'viewer' as const,
  password: `scrypt$15$8$1$${'A'.repeat(22)}==$${'B'.repeat(43)}=`,
  createdAt: NOW,
}

function withUsers(...users: object[]): string {
  return JSON.stringify({ v: 1, users })
}

const configuration: Configuration = {
  settings: { 'guess-limit': '5', 'public-url': 'https://live.example.org' },
  apiKeys: [{ id: 'ak_0123456789ab', hash: 'a'.repeat(64), note: 'ci', createdAt: NOW }],
}

const bad: [string, string, RegExp][] = [
  ['text that is not JSON', '{"v":1,\n"settings":{,}}', /settings\.json, line 2: not JSON/],
  ['a token out of place', '{"v":1,\n"settings":{\n"guess-limit": 5x\n}}', /settings\.json, line 3: not JSON/],
  ['a word', '{"v":1,\n"settings":{\n"guess-limit":\nfive\n}\n}\n', /settings\.json, line 4: not JSON/],
  ['a file cut short', '{"v":1,\n"settings":{\n', /settings\.json, line 3: not JSON/],
  ['an empty file', '', /settings\.json, line 1: not JSON/],
  ['no version', '{"settings":{}}', /schema version/],
  [
    'a misspelt section',
    '{"v":1,"setings":{"token-control-play":"on"}}',
    /"setings" is none of v, settings, apiKeys, users/,
  ],
  ['a setting that is not known', '{"v":1,"settings":{"guess-limits":"5"}}', /no setting "guess-limits"; there are: /],
  ['a bad value', '{"v":1,"settings":{"retention":"soon"}}', /retention: "soon" is not a duration/],
  ['a value that is not text', '{"v":1,"settings":{"guess-limit":5}}', /guess-limit is not a string/],
  ['users that are no list', '{"v":1,"users":{}}', /"users" is not an array/],
  ['a user without a hash', withUsers({ ...user, password: 'plain' }), /entry 1 of "users"/],
  ['a role that is not known', withUsers({ ...user, role: 'root' }), /entry 1 of "users"/],
  ['two users of a name', withUsers(user, { ...user, name: 'ANNA' }), /two of "users" are called ANNA/],
  ['a bad API key', '{"v":1,"apiKeys":[{"id":"ak_1","hash":"x"}]}', /entry 1 of "apiKeys"/],
]

describe('the configuration', () => {
  it('is a file that people can read', async () => {
    const directory = await temporaryDirectory()
    const store = await aStore(directory)
    await store.configuration.write(configuration)
    expect(JSON.parse(await readFile(join(directory, 'settings.json'), 'utf8'))).toEqual({ v: 1, ...configuration })
  })

  it('holds users, and none where it is from before there were any', async () => {
    const directory = await temporaryDirectory()
    await writeFile(join(directory, 'settings.json'), '{"v":1,"settings":{},"apiKeys":[]}')
    const store = await aStore(directory)
    expect(store.configuration.current.users).toBeUndefined()
    await store.configuration.write({ ...store.configuration.current, users: [user] })
    await store.close()
    expect((await aStore(directory)).configuration.current.users).toEqual([user])
  })

  it('is read again on reload, and kept as it was where the file is bad', async () => {
    const directory = await temporaryDirectory()
    const { configuration: stored } = await aStore(directory)
    await stored.write(configuration)
    await writeFile(join(directory, 'settings.json'), '{"v":1,"settings":{"guess-limit":"7"}}')
    await stored.reload()
    expect(stored.current).toEqual({ settings: { 'guess-limit': '7' }, apiKeys: [] })
    await writeFile(join(directory, 'settings.json'), '{"v":1,"settings":{"guess-limit":"many"}}')
    await expect(stored.reload()).rejects.toMatchObject({ code: 'STORE_DAMAGED' })
    expect(stored.current).toEqual({ settings: { 'guess-limit': '7' }, apiKeys: [] })
  })

  it.each(bad)('stops the store for %s, and says where', async (_name, text, message) => {
    const directory = await temporaryDirectory()
    await writeFile(join(directory, 'settings.json'), text)
    await expect(aStore(directory)).rejects.toMatchObject({
      code: 'STORE_DAMAGED',
      message: expect.stringMatching(message),
    })
    expect(await readFile(join(directory, 'settings.json'), 'utf8')).toBe(text)
  })

  it('is refused where a newer amsctl wrote it', async () => {
    const directory = await temporaryDirectory()
    await writeFile(join(directory, 'settings.json'), '{"v":2}')
    await expect(aStore(directory)).rejects.toMatchObject({ code: 'STORE_NEWER' })
  })
})
