import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

type Random = () => number
export type Damage = (directory: string, random: Random) => Promise<void>

const NEWLINE = 10

/** One of the files of tokens, with at least a byte. */
async function aFile(directory: string, random: Random): Promise<{ path: string; bytes: Buffer }> {
  const names = (await readdir(directory)).filter((name) => name.startsWith('tokens.')).sort()
  const files = await Promise.all(
    names.map(async (name) => ({ path: join(directory, name), bytes: await readFile(join(directory, name)) })),
  )
  const written = files.filter(({ bytes }) => bytes.length > 0)
  const file = written[Math.floor(random() * written.length)]
  if (!file) throw new Error('there is a file')
  return file
}

function within(length: number, random: Random): number {
  return Math.floor(random() * length)
}

/** Damage of every kind that leaves a trace; cutting a journal exactly between two lines does not. */
export const DAMAGES: Readonly<Record<string, Damage>> = {
  'flipped bits': async (directory, random) => {
    const { path, bytes } = await aFile(directory, random)
    for (let flips = 1 + within(3, random); flips > 0; flips--) {
      const at = within(bytes.length, random)
      bytes[at] = (bytes[at] ?? 0) ^ (1 << within(8, random))
    }
    await writeFile(path, bytes)
  },
  'a cut-off end': async (directory, random) => {
    const { path, bytes } = await aFile(directory, random)
    let length = within(bytes.length, random)
    while (length > 0 && bytes[length - 1] === NEWLINE) length--
    if (length > 0) await truncate(path, length)
  },
  'zeroed bytes': async (directory, random) => {
    const { path, bytes } = await aFile(directory, random)
    const start = within(bytes.length, random)
    await writeFile(path, bytes.fill(0, start, Math.min(bytes.length, start + 1 + within(600, random))))
  },
  'foreign bytes put in': async (directory, random) => {
    const { path, bytes } = await aFile(directory, random)
    const at = within(bytes.length, random)
    const foreign = Buffer.from(Array.from({ length: 1 + within(300, random) }, () => within(256, random)))
    await writeFile(path, Buffer.concat([bytes.subarray(0, at), foreign, bytes.subarray(at)]))
  },
  'bytes taken out': async (directory, random) => {
    const { path, bytes } = await aFile(directory, random)
    const start = within(bytes.length - 1, random)
    const end = start + 1 + within(Math.min(600, bytes.length - start - 1), random)
    await writeFile(path, Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)]))
  },
  'older bytes in the place of newer ones': async (directory, random) => {
    const { path, bytes } = await aFile(directory, random)
    const length = 1 + within(Math.min(800, bytes.length / 2), random)
    const from = within(bytes.length - length, random)
    bytes.copy(bytes, from + within(bytes.length - length - from, random), from, from + length)
    await writeFile(path, bytes)
  },
  'older lines written again': async (directory, random) => {
    const { path, bytes } = await aFile(directory, random)
    const lines = bytes.toString('latin1').split('\n')
    const line = lines[within(lines.length - 1, random)] ?? ''
    lines.splice(1 + within(lines.length - 1, random), 0, line)
    await writeFile(path, lines.join('\n'), 'latin1')
  },
  'no snapshot': (directory) => rm(join(directory, 'tokens.json'), { force: true }),
  'no journal before the last': async (directory, random) => {
    const journals = (await readdir(directory)).filter((name) => name.includes('journal')).sort()
    const removable = journals.length > 1 ? journals.slice(0, -1) : journals
    const journal = removable[within(removable.length, random)]
    if (journal !== undefined) await rm(join(directory, journal))
  },
}
