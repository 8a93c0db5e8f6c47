import { AmsctlError } from '../domain/errors.ts'
import { parseSetting, parseSettingName } from '../domain/settings.ts'
import { isSameName, isUserName, PASSWORD_HASH, ROLES, USER_ID, type User } from '../domain/user.ts'
import type { ApiKey, Configuration } from '../services/ports.ts'
import { storeDamaged } from './failure.ts'
import { refuseNewer, SCHEMA_VERSION } from './schema.ts'

const API_KEY_ID = /^ak_[0-9a-z]{12}$/
const HASH = /^[0-9a-f]{64}$/

export function writeConfiguration({ settings, apiKeys, users }: Configuration): string {
  return `${JSON.stringify({ v: SCHEMA_VERSION, settings, apiKeys, users }, undefined, 2)}\n`
}

/**
 * Reads `text`, which people may have edited.
 * @throws STORE_DAMAGED naming the line or the field, STORE_NEWER
 */
export function readConfiguration(path: string, text: string): Configuration {
  const { v: version, settings = {}, apiKeys = [], users, ...others } = parseObject(path, text)
  if (!Number.isSafeInteger(version)) throw wrong(path, 'there is no schema version "v"')
  refuseNewer(path, version as number)
  // A misspelt "settings" would silently put every default in force, open doors among them.
  for (const name of Object.keys(others)) throw wrong(path, `"${name}" is none of v, settings, apiKeys, users`)
  if (!isObject(settings)) throw wrong(path, '"settings" is not an object')
  if (!Array.isArray(apiKeys)) throw wrong(path, '"apiKeys" is not an array')
  return {
    settings: readSettings(path, settings),
    apiKeys: apiKeys.map((key, index) => readApiKey(path, index, key)),
    ...(users !== undefined && { users: readUsers(path, users) }),
  }
}

function parseObject(path: string, text: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw storeDamaged(path, lineOf(text, reason), `not JSON: ${reason}`, CURE)
  }
  if (isObject(value)) return value
  throw wrong(path, 'not a JSON object')
}

function readSettings(path: string, settings: Record<string, unknown>): Record<string, string> {
  const read: Record<string, string> = {}
  for (const [name, value] of Object.entries(settings)) {
    if (typeof value !== 'string') throw wrong(path, `the setting ${name} is not a string`)
    try {
      const known = parseSettingName(name)
      parseSetting(known, value)
      read[known] = value
    } catch (cause) {
      if (!(cause instanceof AmsctlError)) throw cause
      throw wrong(path, cause.message)
    }
  }
  return read
}

function readApiKey(path: string, index: number, value: unknown): ApiKey {
  const { id, hash, note = null, createdAt }: Record<string, unknown> = isObject(value) ? value : {}
  const isKey =
    typeof id === 'string' &&
    API_KEY_ID.test(id) &&
    typeof hash === 'string' &&
    HASH.test(hash) &&
    (note === null || typeof note === 'string') &&
    typeof createdAt === 'number'
  if (!isKey) throw wrong(path, `entry ${index + 1} of "apiKeys" is not an API key`)
  return { id, hash, note, createdAt }
}

function readUsers(path: string, users: unknown): User[] {
  if (!Array.isArray(users)) throw wrong(path, '"users" is not an array')
  const read = users.map((user, index) => readUser(path, index, user))
  const twice = read.find(({ name }, index) => read.findIndex((other) => isSameName(other.name, name)) !== index)
  if (twice) throw wrong(path, `two of "users" are called ${twice.name}`)
  return read
}

function readUser(path: string, index: number, value: unknown): User {
  const { id, name, role, password, createdAt }: Record<string, unknown> = isObject(value) ? value : {}
  const knownRole = ROLES.find((known) => known === role)
  const isUser =
    typeof id === 'string' &&
    USER_ID.test(id) &&
    typeof name === 'string' &&
    isUserName(name) &&
    typeof password === 'string' &&
    PASSWORD_HASH.test(password) &&
    typeof createdAt === 'number'
  if (!isUser || !knownRole) throw wrong(path, `entry ${index + 1} of "users" is not a user`)
  return { id, name, role: knownRole, password, createdAt }
}

const CURE = 'Correct the file by hand, or restore it from a backup'

function wrong(path: string, what: string): AmsctlError {
  return storeDamaged(path, undefined, what, CURE)
}

/** The line at which `text` stops being JSON. The reader does not always tell the position: then it is searched for. */
function lineOf(text: string, reason: string): number {
  const position = positionIn(reason)
  if (position !== undefined) return text.slice(0, position).split('\n').length
  const lines = text.split('\n')
  let sound = 0
  let bad = lines.length
  while (bad - sound > 1) {
    const middle = Math.floor((sound + bad) / 2)
    if (couldGoOn(lines.slice(0, middle).join('\n'))) sound = middle
    else bad = middle
  }
  return bad
}

/** Whether `text` is the beginning of some JSON. */
function couldGoOn(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch (cause) {
    const reason = String(cause)
    return reason.includes('Unexpected end') || positionIn(reason) === text.length
  }
}

function positionIn(reason: string): number | undefined {
  const position = / at position (\d+)/.exec(reason)?.[1]
  return position === undefined ? undefined : Number(position)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
