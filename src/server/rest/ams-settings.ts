import { AmsctlError } from '../../domain/errors.ts'
import { formatSetting, parseSetting, type SettingName, type SettingValues } from '../../domain/settings.ts'
import { printable } from '../../domain/stream-id.ts'

/** AMS's names, and the settings that they are here. */
const DIRECTIONS = {
  publishTokenControlEnabled: 'token-control-publish',
  playTokenControlEnabled: 'token-control-play',
} as const
/** Of version 1.5.0, which knows no directions. */
const BOTH = 'tokenControlEnabled'
const TEXTS = {
  remoteAllowedCIDR: 'rest-allowed-cidr',
  allowedPublisherCIDR: 'publisher-allowed-cidr',
} as const
const RECORDING = 'mp4MuxingEnabled'

export interface SettingChange {
  readonly name: SettingName
  readonly value: string
}

/** The settings by AMS's names. */
export function amsSettings(values: SettingValues): Readonly<Record<string, boolean | string>> {
  const flags = Object.entries(DIRECTIONS).map(([ams, name]) => [ams, values[name]] as const)
  const texts = Object.entries(TEXTS).map(([ams, name]) => [ams, formatSetting(name, values[name])] as const)
  return {
    [BOTH]: isOnForBoth(values),
    ...Object.fromEntries(flags),
    ...Object.fromEntries(texts),
    [RECORDING]: values.record !== 'off',
  }
}

function isOnForBoth(values: SettingValues): boolean {
  return Object.values(DIRECTIONS).every((name) => values[name])
}

/** What a body by AMS's names changes, all of it legal, and which names mean nothing here. BAD_VALUE. */
export function readAmsSettings(
  body: Readonly<Record<string, unknown>>,
  values: SettingValues,
): { readonly changes: readonly SettingChange[]; readonly ignored: readonly string[] } {
  const changes = readTokenControl(body, values)
  const ignored: string[] = []
  for (const [ams, value] of Object.entries(body)) {
    if (ams === BOTH || isKeyOf(DIRECTIONS, ams)) continue
    const change = readOne(ams, value, values)
    if (change) changes.push(...change)
    else ignored.push(printable(ams))
  }
  for (const { name, value } of changes) parseSetting(name, value)
  return { changes, ignored }
}

/** Who sends back all that was read, with one flag changed, as clients of 1.5.0 do, means that one. */
function readTokenControl(body: Readonly<Record<string, unknown>>, values: SettingValues): SettingChange[] {
  const both = BOTH in body ? readFlag(BOTH, body[BOTH]) : undefined
  const isChanged = both !== undefined && both !== isOnForBoth(values)
  return Object.entries(DIRECTIONS).flatMap(([ams, name]) => {
    const own = ams in body ? readFlag(ams, body[ams]) : undefined
    const on = own === undefined || (isChanged && own === values[name]) ? both : own
    return on === undefined ? [] : [{ name, value: on ? 'on' : 'off' }]
  })
}

function readOne(ams: string, value: unknown, values: SettingValues): SettingChange[] | undefined {
  if (isKeyOf(TEXTS, ams)) return [{ name: TEXTS[ams], value: readText(ams, value) }]
  if (ams !== RECORDING) return undefined
  const on = readFlag(ams, value)
  // A glob records already: on leaves it as it is.
  return on === (values.record !== 'off') ? [] : [{ name: 'record', value: on ? 'on' : 'off' }]
}

function isKeyOf<T extends object>(table: T, key: string): key is string & keyof T {
  return Object.hasOwn(table, key)
}

function readFlag(ams: string, value: unknown): boolean {
  if (value === true || value === 'true') return true
  if (value === false || value === 'false') return false
  throw new AmsctlError('BAD_VALUE', `${ams} must be true or false`)
}

function readText(ams: string, value: unknown): string {
  if (value === null) return ''
  if (typeof value === 'string') return value
  throw new AmsctlError('BAD_VALUE', `${ams} must be text`)
}
