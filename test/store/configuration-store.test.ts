import { expect, it } from 'vitest'
import type { Configuration } from '../../src/services/ports.ts'
import { describeStores } from '../support/stores.ts'
import { NOW } from '../support/tokens.ts'

const configuration: Configuration = {
  settings: { 'guess-limit': '5', 'public-url': 'https://live.example.org' },
  apiKeys: [{ id: 'ak_0123456789ab', hash: 'a'.repeat(64), note: 'ci', createdAt: NOW }],
}

describeStores(({ place, open }) => {
  it('the configuration is what was last written, at once and after the store was closed', async () => {
    const where = await place()
    const store = await open(where)
    expect(store.configuration.current).toEqual({ settings: {}, apiKeys: [] })
    const writing = store.configuration.write(configuration)
    expect(store.configuration.current).toEqual(configuration)
    await writing
    await store.close()
    const again = await open(where)
    expect(again.configuration.current).toEqual(configuration)
    await again.configuration.write({ settings: {}, apiKeys: [] })
    await again.configuration.reload()
    expect(again.configuration.current).toEqual({ settings: {}, apiKeys: [] })
  })

  it('the configuration keeps all of many writes at once that build on each other', async () => {
    const { configuration: stored } = await open(await place())
    const key = (n: number) => ({
      id: `ak_${String(n).padStart(12, '0')}`,
      hash: 'b'.repeat(64),
      note: null,
      createdAt: n,
    })
    const adding = Array.from({ length: 20 }, (_, n) =>
      stored.write({ ...stored.current, apiKeys: [...stored.current.apiKeys, key(n)] }),
    )
    await Promise.all(adding)
    await stored.reload()
    expect(stored.current.apiKeys).toHaveLength(20)
  })
})
