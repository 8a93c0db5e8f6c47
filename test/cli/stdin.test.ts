import { Readable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { readWords } from '../../src/cli/stdin.ts'

describe('words of standard input', () => {
  it.each([
    ['lines', 'a\nb\n', ['a', 'b']],
    ['spaces, tabs, CRLF and blank lines', ' a\tb\r\n\r\nc', ['a', 'b', 'c']],
    ['a byte order mark', '\ufeffa\n', ['a']],
    ['nothing', '', []],
  ])('%s', async (_, text, words) => {
    expect(await readWords(Readable.from([text]))).toEqual(words)
  })

  it('are read to the end, however slowly they come and wherever they are cut', async () => {
    async function* slowly() {
      for (const byte of Buffer.from('tök1 tök2')) {
        await turn()
        yield Buffer.of(byte)
      }
    }
    expect(await readWords(slowly())).toEqual(['tök1', 'tök2'])
  })

  it('that cannot be read are a usage error', async () => {
    const broken = new Readable({ read: () => broken.destroy(new Error('EISDIR')) })
    await expect(readWords(broken)).rejects.toMatchObject({ code: 'BAD_USAGE' })
  })
})
