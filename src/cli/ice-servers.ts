import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { AmsctlError } from '../domain/errors.ts'
import type { IceServer } from '../media/webrtc/ports.ts'

interface IceFlags {
  readonly stun: string | undefined
  readonly turn: string | undefined
  readonly 'turn-credentials': string | undefined
}

/** The servers that pages are told of, from the flags of `serve`. BAD_VALUE names the flag. */
export async function readIceServers({ stun, turn, 'turn-credentials': file }: IceFlags): Promise<IceServer[]> {
  const servers: IceServer[] = stun === undefined ? [] : [{ urls: stun }]
  if (turn !== undefined) servers.push(parseTurn(turn, file === undefined ? undefined : await readCredentials(file)))
  return servers
}

/** From `host:port`, with or without `stun:`. */
export function parseStun(text: string): IceServer {
  const place = text.replace(/^stun:/, '')
  if (!isPlace(place)) throw new AmsctlError('BAD_VALUE', `--stun: "${text}" is not HOST:PORT`)
  return { urls: `stun:${place}` }
}

/** From `user:password@host:port`, with or without `turn:`; the password may hold anything but an `@`. */
export function parseTurn(text: string, credentials?: string): IceServer {
  const [, inline, place = ''] = /^(?:turn:)?(?:(.*)@)?([^@]*)$/.exec(text) ?? []
  if (!isPlace(place)) throw new AmsctlError('BAD_VALUE', '--turn: not [USER:PASSWORD@]HOST:PORT')
  const [, username, credential] = /^([^:]+):(.+)$/.exec(credentials ?? inline ?? '') ?? []
  if (username === undefined || credential === undefined) {
    throw new AmsctlError('BAD_VALUE', '--turn needs USER:PASSWORD, best in a file: --turn-credentials FILE')
  }
  return { urls: `turn:${place}`, username, credential }
}

export function parseAddress(text: string): string {
  if (isIP(text) !== 0) return text
  throw new AmsctlError('BAD_VALUE', `--webrtc-host: "${text}" is no IP address`)
}

function isPlace(text: string): boolean {
  return /^(?:[\w.-]+|\[[0-9a-fA-F:]+\])(?::\d{1,5})?$/.test(text)
}

async function readCredentials(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim()
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new AmsctlError('BAD_VALUE', `--turn-credentials: cannot read ${path}: ${reason}`, { cause })
  }
}
