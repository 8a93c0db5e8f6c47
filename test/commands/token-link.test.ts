import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import SettingsSet from '../../src/commands/settings/set.ts'
import TokenCreate from '../../src/commands/token/create.ts'
import TokenList from '../../src/commands/token/list.ts'
import { temporaryDirectory } from '../support/amsctl.ts'
import { eventually } from '../support/eventually.ts'
import { runCommand } from '../support/run-command.ts'

const LINK = /^http:\/\/localhost:5080\/w\/LiveApp\/cam1#[A-Za-z0-9]{32}$/

let directory: string
let at: string[]

beforeEach(async () => {
  directory = await temporaryDirectory()
  at = ['--data-dir', directory]
})

const create = (...argv: string[]) => runCommand(TokenCreate, ['cam1', '--type', 'play', ...argv, ...at])

describe('token create --link', () => {
  it('prints nothing but the link, one a line', async () => {
    expect((await create('--link')).stdout.trimEnd()).toMatch(LINK)
    const lines = (await create('--link', '--count', '3')).stdout.trimEnd().split('\n')
    expect(lines).toHaveLength(3)
    for (const line of lines) expect(line).toMatch(LINK)
  })

  it('gives the link in --json and --urls too, at public-url where that is set', async () => {
    await runCommand(SettingsSet, ['public-url', 'https://live.example.org', ...at])
    const { link, tokenId, urls } = JSON.parse((await create('--json')).stdout)
    expect(link).toBe(`https://live.example.org/w/LiveApp/cam1#${tokenId}`)
    expect(urls.link).toBe(link)
    expect((await create('--urls')).stdout).toMatch(/^link\thttps:\/\/live\.example\.org\/w\/LiveApp\/cam1#/)
  })

  it('leads to the broadcast page for publishers', async () => {
    const { stdout } = await runCommand(TokenCreate, ['cam1', '--type', 'publish', '--link', ...at])
    expect(stdout).toMatch(/^http:\/\/localhost:5080\/w\/LiveApp\/cam1\?publish#[A-Za-z0-9]{32}\n$/)
  })

  it('refuses a pattern, and mints nothing then', async () => {
    expect(await runCommand(TokenCreate, ['cam-*', '--type', 'play', '--link', ...at])).toMatchObject({ exit: 2 })
    expect((await runCommand(TokenList, at)).stdout).toBe('')
  })

  it('draws the code beside the link and not in it', async () => {
    const { stdout, stderr } = await create('--qr')
    expect(stdout.trimEnd()).toMatch(LINK)
    expect(stripVTControlCharacters(stderr)).toContain('█▀▀▀▀▀█')
  })
})

describe('token create --open', () => {
  async function withBrowser(script: string | null): Promise<string> {
    const bin = join(directory, 'bin')
    await mkdir(bin)
    if (script !== null) {
      await writeFile(join(bin, 'xdg-open'), script)
      await chmod(join(bin, 'xdg-open'), 0o755)
    }
    vi.stubEnv('PATH', script === null ? bin : [bin, process.env.PATH].join(delimiter))
    vi.stubEnv('BROWSER', undefined)
    onTestFinished(() => void vi.unstubAllEnvs())
    return join(bin, 'opened')
  }

  const written = (path: string) => eventually(async () => (await readFile(path, 'utf8').catch(() => '')) || undefined)

  it.runIf(process.platform === 'linux')('opens the link', async () => {
    const opened = await withBrowser('#!/bin/sh\necho "$1" | cut -d "#" -f 1 > "$(dirname "$0")/opened"\n')
    expect((await create('--open')).stdout.trimEnd()).toMatch(LINK)
    expect(await written(opened)).toBe('http://localhost:5080/w/LiveApp/cam1\n')
  })

  it.runIf(process.platform === 'linux')('opens it by BROWSER where that is set and works', async () => {
    const opened = await withBrowser('#!/bin/sh\necho "$1" "$2" | cut -d "#" -f 1 > "$(dirname "$0")/opened"\n')
    vi.stubEnv('BROWSER', `/none:${join(directory, 'bin', 'xdg-open')} --tab %s`)
    await create('--open')
    expect(await written(opened)).toBe('--tab http://localhost:5080/w/LiveApp/cam1\n')
  })

  it.runIf(process.platform === 'linux').each([
    ['nothing that opens one', null],
    ['none that is found', '#!/bin/sh\nexit 3\n'],
  ])('says so where there is no browser, and succeeds all the same: %s', async (_what, script) => {
    await withBrowser(script)
    const { stdout, stderr, exit } = await create('--open')
    expect(stdout.trimEnd()).toMatch(LINK)
    expect(stderr).toContain('no browser')
    expect(exit).toBe(0)
  })
})
