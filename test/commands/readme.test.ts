import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { describeCommands, describeErrors, describeSettings, replaceSection, sectionOf } from '../support/readme.ts'

const README = join(import.meta.dirname, '../../README.md')

/** `npm run docs` writes what this test otherwise compares. */
const writing = process.env.DOCS === 'write'

it.each([
  ['commands', describeCommands],
  ['settings', describeSettings],
  ['errors', describeErrors],
])("README's section of %s is what the program says (npm run docs writes it)", async (name, describe) => {
  const described = await describe()
  const readme = await readFile(README, 'utf8')
  if (writing) await writeFile(README, replaceSection(readme, name, described))
  expect(sectionOf(writing ? await readFile(README, 'utf8') : readme, name)).toBe(described)
})
