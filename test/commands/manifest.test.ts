import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Command, Config, Plugin } from '@oclif/core'
import { beforeAll, describe, expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')

interface Described {
  readonly summary?: string
  readonly description?: string
}

interface ManifestCommand extends Described {
  readonly id: string
  readonly flags: Readonly<Record<string, Described & { readonly name: string }>>
  readonly args: Readonly<Record<string, Described>>
  readonly examples?: readonly (string | { readonly command: string })[]
}

let committed: { commands: Record<string, ManifestCommand> }

beforeAll(async () => {
  committed = JSON.parse(await readFile(join(ROOT, 'oclif.manifest.json'), 'utf8'))
})

describe('the manifest', () => {
  it('that is committed is the one that oclif makes of the commands', async () => {
    const options = { root: ROOT, ignoreManifest: true, respectNoCacheDefault: true, errorOnManifestCreate: true }
    const plugin = new Plugin({ ...options, type: 'core' })
    await plugin.load()
    expect(JSON.parse(JSON.stringify(plugin.manifest))).toEqual(committed)
  })

  it('holds no path of the machine that made it', () => {
    expect(JSON.stringify(committed)).not.toContain(ROOT)
    expect(JSON.stringify(committed)).not.toContain(process.env.HOME)
  })

  it('gives every command a summary of one line and an example', () => {
    for (const { id, summary, examples } of Object.values(committed.commands)) {
      expect(summary, id).toMatch(/^\S.*\.$/)
      expect(examples?.length, id).toBeGreaterThan(0)
    }
  })

  it('gives every flag and operand a summary of one line', () => {
    for (const { id, flags, args } of Object.values(committed.commands)) {
      for (const flag of Object.values(flags)) {
        expect(flag.summary ?? flag.description, `${id} --${flag.name}`).toMatch(/^\S.*\.$/)
      }
      for (const [name, arg] of Object.entries(args)) expect(arg.description, `${id} ${name}`).toMatch(/^\S.*\.$/)
    }
  })

  it('uses long flags in examples', () => {
    for (const { id, examples } of Object.values(committed.commands)) {
      for (const example of examples ?? []) {
        expect(typeof example === 'string' ? example : example.command, id).not.toMatch(/\s-\w/)
      }
    }
  })
})

async function ownCommands(): Promise<Command.Loadable[]> {
  const config = await Config.load(ROOT)
  return config.commands.filter(({ pluginName }) => pluginName === 'amsctl')
}

it('lets oclif read standard input for no operand: it gives up after 10 ms', async () => {
  for (const loadable of await ownCommands()) {
    const command = await loadable.load()
    for (const [name, arg] of Object.entries(command.args)) {
      expect(arg.ignoreStdin, `${command.id} ${name}`).toBe(true)
    }
  }
})

it('knows the commands of this release and no others', async () => {
  const ids = (await ownCommands()).map(({ id }) => id)
  expect(ids.sort()).toEqual([
    'apikey:create',
    'apikey:list',
    'apikey:revoke',
    'audit',
    'doctor',
    'serve',
    'session:kick',
    'session:list',
    'settings:disable-token',
    'settings:enable-token',
    'settings:get',
    'settings:set',
    'settings:show',
    'status',
    'store:backup',
    'store:export',
    'store:import',
    'store:migrate',
    'stream:list',
    'stream:record:start',
    'stream:record:stop',
    'token:create',
    'token:list',
    'token:prune',
    'token:redeem',
    'token:revoke',
    'token:show',
    'token:verify',
    'user:create',
    'user:delete',
    'user:list',
    'user:passwd',
    'user:role',
    'vod:delete',
    'vod:list',
  ])
})
