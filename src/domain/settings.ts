import { parseCidr } from './address.ts'
import { formatDuration, parseDuration } from './duration.ts'
import { AmsctlError } from './errors.ts'
import { opensStream, parseStreamPattern } from './stream-id.ts'
import type { Seconds } from './units.ts'

interface SettingKind<T> {
  /** The legal values in words. */
  readonly legal: string
  parse(text: string): T
  format(value: T): string
}

interface SettingSpec<T> extends SettingKind<T> {
  readonly fallback: T
  readonly help: string
}

const flag: SettingKind<boolean> = {
  legal: 'on or off',
  parse: (text) => {
    if (text === 'on' || text === 'true') return true
    if (text === 'off' || text === 'false') return false
    throw new AmsctlError('BAD_VALUE', `"${text}" is neither on nor off`)
  },
  format: (value) => (value ? 'on' : 'off'),
}

const duration: SettingKind<Seconds> = {
  legal: 'a duration such as 90s, 15m, 24h, 7d or 2w; or 0',
  parse: parseDuration,
  format: formatDuration,
}

const count: SettingKind<number> = {
  legal: 'a whole number from 0 to 1000000',
  parse: (text) => {
    const value = Number(text)
    if (!/^\d{1,7}$/.test(text) || value > 1_000_000)
      throw new AmsctlError('BAD_VALUE', `"${text}" is not a whole number from 0 to 1000000`)
    return value
  },
  format: String,
}

const cidrs: SettingKind<readonly string[]> = {
  legal: 'addresses and CIDRs, separated by commas; may be empty',
  parse: (text) =>
    text
      .split(/[,\s]+/)
      .filter(Boolean)
      .map(parseCidr),
  format: (value) => value.join(','),
}

/** One of two or more words. */
function oneOf<const W extends string>(...words: readonly W[]): SettingKind<W> {
  return {
    legal: words.join(' or '),
    parse: (text) => {
      const word = words.find((candidate) => candidate === text)
      if (word !== undefined) return word
      throw new AmsctlError('BAD_VALUE', `"${text}" is neither ${words.join(' nor ')}`)
    },
    format: String,
  }
}

const HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])$/
/** As Content-Security-Policy has them: all subdomains (CSP Level 3, section 2.3.1). */
const HOSTS = /^(?:\*\.)?[\w.-]+$|^\[[\da-f:.]+\]$/

/** URL takes hosts with quotes and semicolons, which would mean something in the headers that origins are put into. */
function parseOrigin(text: string, host: RegExp): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isBare = url && url.href === `${url.origin}/` && /^https?:$/.test(url.protocol) && host.test(url.hostname)
  if (!isBare) throw new AmsctlError('BAD_VALUE', `"${text}" is not a URL such as https://live.example.org`)
  return url.origin
}

const baseUrl: SettingKind<string> = {
  legal: 'an http or https URL without a path; may be empty',
  parse: (text) => (text === '' ? '' : parseOrigin(text, HOST)),
  format: String,
}

const origins: SettingKind<readonly string[]> = {
  legal: 'origins such as https://www.example.org or https://*.example.org, separated by commas, or *; may be empty',
  parse: (text) => {
    const given = text.split(/[,\s]+/).filter(Boolean)
    return given.length === 1 && given[0] === '*'
      ? given
      : [...new Set(given.map((origin) => parseOrigin(origin, HOSTS)))]
  },
  format: (value) => value.join(','),
}

const recorded: SettingKind<string> = {
  legal: 'off, on, or a stream id or glob such as cam-*',
  parse: (text) => (text === 'off' || text === 'on' ? text : parseStreamPattern(text)),
  format: String,
}

function define<T>(kind: SettingKind<T>, fallback: T, help: string): SettingSpec<T> {
  return { ...kind, fallback, help }
}

/** Every setting: the CLI, REST and the README are made from this table. */
export const SETTINGS = {
  'token-control-publish': define(flag, false, 'whether publishing needs a token'),
  'token-control-play': define(flag, false, 'whether playing needs a token'),
  'rest-access': define(
    oneOf('restricted', 'open'),
    'restricted',
    'open lets any address call the REST API without a login or key: anyone may then mint',
  ),
  'rest-allowed-cidr': define(
    cidrs,
    ['127.0.0.0/8', '::1/128'],
    'who may call the REST API by address alone; empty: nobody',
  ),
  'publisher-allowed-cidr': define(cidrs, [], 'where publishers may come from; empty: anywhere'),
  'trusted-proxies': define(cidrs, [], 'proxies whose X-Forwarded-For and X-Forwarded-Proto are believed'),
  'public-url': define(baseUrl, '', 'the address that viewers use, for the URLs that are printed'),
  'embed-origins': define(
    origins,
    [],
    'whose pages may show the player and the publishing page in a frame; *: any page; empty: only pages of this server',
  ),
  'default-expire': define(duration, 3600, 'how long a token lasts that is minted without an expiry'),
  retention: define(duration, 604_800, 'how long an ended token is kept to explain a replay'),
  'reconnect-grace': define(
    duration,
    0,
    'how long after a lost connection the same token, from the same address, goes on without a further use; 0: never',
  ),
  'publisher-grace': define(duration, 15, 'how long viewers stay attached after the publisher is lost'),
  'guess-limit': define(
    count,
    20,
    'different wrong tokens, sessions or keys a minute from one address before it gets 429; 0: no limit',
  ),
  'session-idle-live': define(duration, 300, 'how long a session opened over HTTP for a live stream may be silent'),
  'session-idle-vod': define(duration, 21_600, 'how long a session opened over HTTP for a recording may be silent'),
  'session-binding': define(
    oneOf('none', 'address'),
    'none',
    'address ends HLS and recordings for a client whose address changes, as phones do; none lets a copied child URL play until the session ends',
  ),
  record: define(
    recorded,
    'off',
    'which streams are recorded from their beginning; streams that are live stay as they are',
  ),
  hls: define(
    oneOf('demand', 'always'),
    'demand',
    'always keeps the HLS of every live stream ready, so that its first viewer need not wait; demand makes none of a stream that nobody watches by HLS',
  ),
} as const

export type SettingName = keyof typeof SETTINGS
export type SettingValues = {
  readonly [N in SettingName]: (typeof SETTINGS)[N] extends SettingSpec<infer T> ? T : never
}

export const SETTING_NAMES = Object.keys(SETTINGS) as readonly SettingName[]

/** Whether a stream is recorded from its beginning, by a value of the setting `record`. */
export function isRecorded(record: SettingValues['record'], streamId: string): boolean {
  return record === 'on' || (record !== 'off' && opensStream(record, streamId))
}

/** One setting as `settings show --json` prints it. */
export interface SettingView {
  readonly name: SettingName
  readonly value: string
  readonly default: string
  readonly help: string
  /** The legal values in words. */
  readonly legal: string
}

export function parseSettingName(text: string): SettingName {
  const name = SETTING_NAMES.find((known) => known === text)
  if (name) return name
  throw new AmsctlError('BAD_VALUE', `no setting "${text}"; there are: ${SETTING_NAMES.join(', ')}`)
}

/** Reads `text` as a value of the setting `name`; throws BAD_VALUE naming the legal values. */
export function parseSetting<N extends SettingName>(name: N, text: string): SettingValues[N] {
  const spec = SETTINGS[name] as unknown as SettingSpec<SettingValues[N]>
  try {
    // It may come from JSON, in which a number looks right.
    if (typeof text !== 'string') throw new AmsctlError('BAD_VALUE', 'the value is not a string')
    return spec.parse(text)
  } catch (error) {
    if (!(error instanceof AmsctlError)) throw error
    throw new AmsctlError('BAD_VALUE', `${name}: ${error.message} (legal: ${spec.legal})`, { cause: error })
  }
}

export function formatSetting<N extends SettingName>(name: N, value: SettingValues[N]): string {
  return (SETTINGS[name] as unknown as SettingSpec<SettingValues[N]>).format(value)
}

/** All settings as stored text over the defaults; what is stored is text, so that the file reads like the command line. */
export function readSettings(stored: Readonly<Record<string, string>>): SettingValues {
  const values: Record<string, unknown> = {}
  for (const name of SETTING_NAMES) {
    const text = Object.hasOwn(stored, name) ? stored[name] : undefined
    values[name] = text === undefined ? SETTINGS[name].fallback : parseSetting(name, text)
  }
  return values as SettingValues
}

export function viewSetting(name: SettingName, values: SettingValues): SettingView {
  const spec = SETTINGS[name] as unknown as SettingSpec<unknown>
  const { help, legal } = spec
  return { name, value: spec.format(values[name]), default: spec.format(spec.fallback), help, legal }
}
