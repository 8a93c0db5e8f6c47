import { describe, expect, it } from 'vitest'
import {
  formatSetting,
  parseSetting,
  parseSettingName,
  readSettings,
  SETTING_NAMES,
} from '../../src/domain/settings.ts'

describe('settings', () => {
  it.each(SETTING_NAMES)('%s reads back its own default', (name) => {
    const value = readSettings({})[name]
    expect(parseSetting(name, formatSetting(name, value))).toEqual(value)
  })

  it.each([
    ['token-control-play', 'yes'],
    ['rest-allowed-cidr', '10.0.0.0/99'],
    ['rest-access', 'closed'],
    ['public-url', 'example.org'],
    ['public-url', 'https://example.org/path'],
    ['guess-limit', '-1'],
    ['retention', 'long'],
  ] as const)('%s refuses "%s" and names what is legal', (name, text) => {
    expect(() => parseSetting(name, text)).toThrow(/legal: /)
  })

  it('names every setting where one is unknown', () => {
    expect(() => parseSettingName('__proto__')).toThrow(/token-control-publish, token-control-play/)
  })

  it('takes stored text over the default, and nothing from prototypes', () => {
    expect(readSettings({ 'guess-limit': '5' })['guess-limit']).toBe(5)
    expect(readSettings(JSON.parse('{"__proto__":{"guess-limit":"7"}}'))['guess-limit']).toBe(20)
  })
})
