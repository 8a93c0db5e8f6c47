import { expect, it } from 'vitest'
import type { Configuration, ConfigurationStore } from '../../src/services/ports.ts'
import { Settings } from '../../src/services/settings.ts'
import { aHouse, type House } from '../support/services.ts'

/** Holds what is written at once, and fails each write that changes `retention` a moment later. */
class FullDisk implements ConfigurationStore {
  current: Configuration = { settings: {}, apiKeys: [] }

  async write(next: Configuration): Promise<void> {
    const before = this.current
    this.current = next
    await Promise.resolve()
    await Promise.resolve()
    if (next.settings.retention === before.settings.retention) return
    await Promise.resolve()
    this.current = before
    throw new Error('disk full')
  }

  async reload(): Promise<void> {
    throw new Error('should not be called')
  }
}

it('a setting that could not be stored is not in force, though another was stored meanwhile', async () => {
  const settings = new Settings(new FullDisk())
  const stored = settings.set('guess-limit', '5')
  await expect(settings.set('retention', '1h')).rejects.toThrow('disk full')
  await stored
  expect(settings.values).toMatchObject({ 'guess-limit': 5, retention: 604_800 })
})

it.each([
  ['a number', (house: House) => house.operations.setSetting({ name: 'guess-limit', value: 5 as never })],
  [
    'a direction that is none',
    (house: House) => house.operations.setTokenControl({ enable: true, types: ['bogus' as never], kick: false }),
  ],
])('%s is not stored as a setting, whoever sent it', async (_, change) => {
  const house = await aHouse()
  await expect(change(house)).rejects.toMatchObject({ code: 'BAD_VALUE' })
  expect(house.store.configuration.current.settings).toEqual({})
  await house.store.close()
})
