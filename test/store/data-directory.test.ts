import { chmod, mkdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryDirectory } from '../support/amsctl.ts'
import { aStore, contentsOf, tokenNumber } from '../support/store.ts'

async function modeOf(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o777).toString(8)
}

describe('the data directory', () => {
  it('is created for its owner alone, and so is every file in it', async () => {
    const directory = join(await temporaryDirectory(), 'a', 'b')
    const store = await aStore(directory, { journalLimit: 1 })
    await store.tokens.add([tokenNumber(1)])
    await store.configuration.write({ settings: {}, apiKeys: [] })
    await store.close()
    expect(await modeOf(directory)).toBe('700')
    const files = Object.keys(await contentsOf(directory))
    expect(files).toEqual(['settings.json', 'tokens.journal-1.ndjson', 'tokens.json'])
    for (const name of [...files, 'lock']) expect(await modeOf(join(directory, name))).toBe('600')
  })

  it('is refused where it is a file, and where no directory can be made', async () => {
    const file = join(await temporaryDirectory(), 'file')
    await writeFile(file, '')
    await expect(aStore(file)).rejects.toMatchObject({ code: 'STORE_FAILED', message: `${file} is not a directory` })
    await expect(aStore('/proc/none/such')).rejects.toMatchObject({ code: 'STORE_FAILED' })
  })

  it('is tightened where it is empty', async () => {
    const directory = await temporaryDirectory()
    await chmod(directory, 0o755)
    await aStore(directory)
    expect(await modeOf(directory)).toBe('700')
  })

  it.each([0o750, 0o701, 0o777])('is refused with mode %o where it is not, with the command to type', async (mode) => {
    const directory = join(await temporaryDirectory(), "it's here")
    await mkdir(directory)
    await writeFile(join(directory, 'something'), '')
    await chmod(directory, mode)
    await expect(aStore(directory)).rejects.toMatchObject({
      code: 'STORE_UNSAFE',
      message: expect.stringMatching(/chmod 700 '.*\/it'\\''s here'$/),
    })
    expect(await modeOf(directory)).toBe(mode.toString(8))
    expect(Object.keys(await contentsOf(directory))).toEqual(['something'])
  })

  it('is refused where it is a file', async () => {
    const path = join(await temporaryDirectory(), 'file')
    await writeFile(path, '')
    await expect(aStore(path)).rejects.toMatchObject({ code: 'STORE_FAILED', message: expect.stringContaining(path) })
  })
})
