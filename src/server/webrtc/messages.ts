import type { TokenType } from '../../domain/token.ts'
import type { Candidate, IceServer } from '../../media/webrtc/ports.ts'

/** A message from a page; what is missing or of another type reads as empty. */
export interface Command {
  readonly command: string
  readonly streamId: string
  readonly token: string
  readonly type: string
  readonly sdp: string
  readonly candidate: string
  /** The mid of a candidate. */
  readonly id: string
}

/** What AMS's pages know as `definition`. */
export type Definition =
  | 'unauthorized_access'
  | 'noStreamNameSpecified'
  | 'invalidStreamName'
  | 'streamIdInUse'
  | 'no_stream_exist'
  | 'already_publishing'
  | 'already_playing'
  | 'notSetRemoteDescription'
  | 'publishTimeoutError'
  | 'not_initialized_yet'

export interface Fault {
  readonly definition: Definition
  /** For a person, where the definition does not tell it all. */
  readonly information?: string
}

export type Reply = Readonly<Record<string, unknown>>

/** Undefined: no JSON object with a command. */
export function readCommand(text: string): Command | undefined {
  const value = parse(text)
  if (typeof value !== 'object' || value === null) return undefined
  const field = (name: keyof Command): string => {
    const found: unknown = Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined
    return typeof found === 'string' ? found : ''
  }
  const command = field('command')
  if (command === '') return undefined
  return {
    command,
    streamId: field('streamId'),
    token: field('token'),
    type: field('type'),
    sdp: field('sdp'),
    candidate: field('candidate'),
    id: field('id'),
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // What cannot be read is ignored, as AMS does.
    return undefined
  }
}

export function errorReply(streamId: string, { definition, information }: Fault): Reply {
  const code = definition === 'no_stream_exist' ? { error_code: '404' } : {}
  return { command: 'error', definition, streamId, ...code, ...(information !== undefined && { information }) }
}

export function startReply(streamId: string): Reply {
  return { command: 'start', streamId, subscriberId: '' }
}

export function answerReply(streamId: string, sdp: string): Reply {
  return { command: 'takeConfiguration', streamId, type: 'answer', sdp, linkSession: '', subscriberId: '' }
}

export function offerReply(streamId: string, sdp: string, idMapping: Readonly<Record<string, string>>): Reply {
  return { command: 'takeConfiguration', streamId, type: 'offer', sdp, idMapping }
}

export function candidateReply(streamId: string, { candidate, mid, index }: Candidate): Reply {
  return { command: 'takeCandidate', streamId, label: index, id: mid, candidate }
}

export function notification(streamId: string, type: TokenType, what: 'started' | 'finished'): Reply {
  return { command: 'notification', definition: `${type}_${what}`, streamId, subscriberId: '' }
}

export interface StreamInformation {
  readonly width: number
  readonly height: number
  /** Bits a second. */
  readonly videoBitrate: number
  readonly audioBitrate: number
  readonly videoCodec: string | null
}

/** What is not known here is 0. */
export function streamInformation(streamId: string, of: StreamInformation): Reply {
  const { audioBitrate, height, videoBitrate, videoCodec, width } = of
  const info = { streamWidth: width, streamHeight: height, videoBitrate, audioBitrate, videoCodec: videoCodec ?? '' }
  return { command: 'streamInformation', streamId, streamInfo: [info] }
}

/** AMS's pages take one server, TURN or STUN, from `stunServerUri`; the better one is told. */
export function iceServerConfig(servers: readonly IceServer[]): Reply {
  const server = servers.find(({ urls }) => /^turns?:/.test(urls)) ?? servers[0]
  return {
    command: 'iceServerConfig',
    ...(server && { stunServerUri: server.urls }),
    ...(server?.username !== undefined && { turnServerUsername: server.username }),
    ...(server?.credential !== undefined && { turnServerCredential: server.credential }),
  }
}
