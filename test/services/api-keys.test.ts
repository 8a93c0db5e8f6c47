import { expect, it } from 'vitest'
import { aHouse } from '../support/services.ts'

it('an API key, a session or a token is not named by its secret where it is unknown', async () => {
  const { operations, sessions, store } = await aHouse()
  const { key } = await operations.createApiKey({ note: null })
  await expect(operations.revokeApiKey(key)).rejects.toThrow('no API key "amsc…"')
  await expect(operations.showToken('S3cretOfAToken')).rejects.toThrow('no token "S3cr…"')
  expect(() => sessions.kick('S3cretOfASession')).toThrow('no session "S3cr…"')
  await store.close()
})

it('an API key has a note of at most 256 characters', async () => {
  const { operations, store } = await aHouse()
  expect(await operations.createApiKey({ note: 'x'.repeat(256) })).toMatchObject({ note: 'x'.repeat(256) })
  await expect(operations.createApiKey({ note: 'x'.repeat(257) })).rejects.toMatchObject({ code: 'BAD_VALUE' })
  await store.close()
})
