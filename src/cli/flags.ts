import { isIP } from 'node:net'
import { Args, Flags } from '@oclif/core'
import { canonicalAddress, parseCidr } from '../domain/address.ts'
import { parseDuration, parseMoment } from '../domain/duration.ts'
import { AmsctlError } from '../domain/errors.ts'
import { parseSettingName, type SettingName } from '../domain/settings.ts'
import { DEFAULT_APP, parseApp, parseStreamId, parseStreamPattern } from '../domain/stream-id.ts'
import { TOKEN_TYPES } from '../domain/token.ts'
import type { Seconds, UnixSeconds } from '../domain/units.ts'

const now = (): UnixSeconds => Math.floor(Date.now() / 1000)

/** `-q`, of every command that lists. */
export const quiet = Flags.boolean({ char: 'q', summary: 'Print ids only, one a line.' })

/** Of what lists more than one machine. */
export const ofNode = Flags.string({ summary: 'Only those of this node.', helpValue: 'NAME' })

export const app = Flags.custom<string>({ helpValue: 'APP', parse: async (text) => parseApp(text) })
export const defaultApp = app({ summary: 'App of the stream.', default: DEFAULT_APP })

export const streamId = Flags.custom<string>({ helpValue: 'STREAM', parse: async (text) => parseStreamId(text) })
export const streamIdArg = Args.custom<string>({ ignoreStdin: true, parse: async (text) => parseStreamId(text) })
export const streamPattern = Flags.custom<string>({
  helpValue: 'STREAM',
  parse: async (text) => parseStreamPattern(text),
})
export const streamPatternArg = Args.custom<string>({
  ignoreStdin: true,
  parse: async (text) => parseStreamPattern(text),
})

export const tokenType = Flags.option({ options: TOKEN_TYPES, helpValue: TOKEN_TYPES.join('|') })

export const duration = Flags.custom<Seconds>({ helpValue: 'DURATION', parse: async (text) => parseDuration(text) })

/** A moment to come; null: never. */
export const moment = Flags.custom<UnixSeconds | null>({
  helpValue: 'TIME',
  parse: async (text) => parseMoment(text, now()),
})

export const uses = Flags.custom<number | null>({
  helpValue: 'N|unlimited',
  parse: async (text) => {
    if (text === 'unlimited') return null
    if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
    throw new AmsctlError('BAD_VALUE', `"${text}" is neither a number of uses, 1 or more, nor "unlimited"`)
  },
})

export const cidr = Flags.custom<string>({ helpValue: 'CIDR', parse: async (text) => parseCidr(text) })

export const address = Flags.custom<string>({
  helpValue: 'ADDRESS',
  parse: async (text) => {
    if (isIP(text) !== 0) return canonicalAddress(text)
    throw new AmsctlError('BAD_VALUE', `"${text}" is not an IP address`)
  },
})

export const settingName = Args.custom<SettingName>({
  ignoreStdin: true,
  parse: async (text) => parseSettingName(text),
})

/** Where recordings are; of the commands that look at them. */
export const mediaDir = Flags.string({
  summary: 'Where recordings are kept (default: streams in the data directory).',
  env: 'AMSCTL_MEDIA_DIR',
  helpValue: 'DIR',
})

/** `values` without the properties that were not given, for orders whose fields are optional. */
export function given<T extends object>(values: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T
}

/** Names of nodes stand in tables, logs and lines that scripts read. */
export function parseNodeName(text: string): string {
  if (/^[\w.-]{1,64}$/.test(text)) return text
  throw new AmsctlError('BAD_VALUE', 'the name of a node is 1 to 64 of letters, digits, ".", "_" and "-"')
}
