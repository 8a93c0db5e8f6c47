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
    ['public-url', 'https://:secret@example.org'],
    ['public-url', 'https://example.org;x'],
    ['public-url', "https://example.org'x"],
    ['public-url', 'https://*.example.org'],
    ['embed-origins', 'https://a*.example.org'],
    ['guess-limit', '-1'],
    ['retention', 'long'],
  ] as const)('%s refuses "%s" and names what is legal', (name, text) => {
    expect(() => parseSetting(name, text)).toThrow(/legal: /)
  })

  it.each([
    ['public-url', 'http://[::1]:5080'],
    ['public-url', 'https://live_1.example.org:8443'],
    ['embed-origins', 'https://*.example.org,http://xn--bcher-kva.example:8080,http://127.0.0.1'],
  ] as const)('%s takes %s', (name, text) => {
    expect(formatSetting(name, parseSetting(name, text))).toBe(text)
  })

  it('names every setting where one is unknown', () => {
    expect(() => parseSettingName('__proto__')).toThrow(/token-control-publish, token-control-play/)
  })

  it('takes stored text over the default, and nothing from prototypes', () => {
    expect(readSettings({ 'guess-limit': '5' })['guess-limit']).toBe(5)
    expect(readSettings(JSON.parse('{"__proto__":{"guess-limit":"7"}}'))['guess-limit']).toBe(20)
  })
})
