import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { temporaryDirectory } from '../support/amsctl.ts'
import { aStore, runWorker, startWorker, tokenNumber } from '../support/store.ts'

/** A process that holds the store of `directory`, once it does. */
async function aHolder(directory: string) {
  const holder = startWorker(directory, 'hold')
  onTestFinished(() => void holder.kill('SIGKILL'))
  const [line] = await once(holder.stdout, 'data')
  expect(String(line)).toBe('opened\n')
  return holder
}

it('refuses a store that another process holds, and names the process', async () => {
  const directory = await temporaryDirectory()
  const holder = await aHolder(directory)
  await expect(aStore(directory)).rejects.toMatchObject({
    code: 'STORE_LOCKED',
    message: expect.stringContaining(`process ${holder.pid} holds the store in ${directory}`),
  })
  expect(await readFile(join(directory, 'lock'), 'utf8')).toBe(`${holder.pid}\n`)
})

it('waits for a holder that ends in time', async () => {
  const directory = await temporaryDirectory()
  const holder = await aHolder(directory)
  const opening = aStore(directory, { wait: 20_000 })
  holder.kill('SIGTERM')
  expect(await (await opening).sessions.all()).toEqual([])
})

it('takes over from a killed process at once', async () => {
  const directory = await temporaryDirectory()
  const holder = await aHolder(directory)
  const gone = once(holder, 'exit')
  holder.kill('SIGKILL')
  await gone
  const store = await aStore(directory, { wait: 0 })
  expect(await store.sessions.all()).toEqual([])
})

it('holds against a second opening in the same process', async () => {
  const directory = await temporaryDirectory()
  await aStore(directory)
  await expect(aStore(directory)).rejects.toMatchObject({ code: 'STORE_LOCKED' })
})

it('lets one of 8 processes win that race for a token', async () => {
  const directory = await temporaryDirectory()
  const store = await aStore(directory)
  const { hash } = tokenNumber(1)
  await store.tokens.add([tokenNumber(1)])
  const racing = Array.from({ length: 8 }, () => runWorker(directory, 'spend', { args: [hash] }))
  await store.close()
  const outcomes = (await Promise.all(racing)).map(({ stdout }) => stdout.trim()).sort()
  expect(outcomes).toEqual([...Array(7).fill('TOKEN_USED'), 'won'])
})
