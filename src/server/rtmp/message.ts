import type { Milliseconds } from '../../domain/units.ts'
import type { PacketKind } from '../../media/ports.ts'
import { type AmfValue, decodeAmf0 } from './amf0.ts'
import { ProtocolError } from './protocol-error.ts'

/** Message types of the RTMP 1.0 specification, sections 5.4 and 7.1. */
export const MESSAGE = {
  setChunkSize: 1,
  abort: 2,
  acknowledgement: 3,
  userControl: 4,
  windowAcknowledgementSize: 5,
  setPeerBandwidth: 6,
  audio: 8,
  video: 9,
  dataAmf3: 15,
  commandAmf3: 17,
  dataAmf0: 18,
  commandAmf0: 20,
  aggregate: 22,
} as const

export interface Message {
  readonly type: number
  readonly timestamp: Milliseconds
  readonly streamId: number
  /** Its own memory: never written to again. */
  readonly payload: Buffer
}

export interface Command {
  readonly name: string
  readonly transaction: number
  readonly object: AmfValue
  readonly args: readonly AmfValue[]
}

const MEDIA_TYPES = new Set<number>([
  MESSAGE.audio,
  MESSAGE.video,
  MESSAGE.dataAmf0,
  MESSAGE.dataAmf3,
  MESSAGE.aggregate,
])

export function isMedia(type: number): boolean {
  return MEDIA_TYPES.has(type)
}

export function isCommand(type: number): boolean {
  return type === MESSAGE.commandAmf0 || type === MESSAGE.commandAmf3
}

/** An AMF 3 command holds AMF 0 behind one byte. */
export function readCommand(message: Message): Command {
  const body = message.type === MESSAGE.commandAmf3 ? message.payload.subarray(1) : message.payload
  const [name, transaction, object, ...args] = decodeAmf0(body)
  if (typeof name !== 'string') throw new ProtocolError('command without a name')
  return { name, transaction: typeof transaction === 'number' ? transaction : 0, object: object ?? null, args }
}

export interface Tag {
  readonly kind: PacketKind
  readonly timestamp: Milliseconds
  readonly body: Buffer
}

/** The FLV tags in a media message: one, or those of an aggregate (section 7.1.6). */
export function tagsOf(message: Message): Tag[] {
  const { type, timestamp, payload } = message
  switch (type) {
    case MESSAGE.audio:
      return [{ kind: 'audio', timestamp, body: payload }]
    case MESSAGE.video:
      return [{ kind: 'video', timestamp, body: payload }]
    case MESSAGE.dataAmf0:
      return [{ kind: 'metadata', timestamp, body: payload }]
    case MESSAGE.dataAmf3:
      return [{ kind: 'metadata', timestamp, body: payload.subarray(1) }]
    case MESSAGE.aggregate:
      return splitAggregate(message).flatMap(tagsOf)
    default:
      return []
  }
}

const SUB_HEADER = 11
const BACK_POINTER = 4

function splitAggregate(aggregate: Message): Message[] {
  const { payload, streamId } = aggregate
  const messages: Message[] = []
  let shift: number | undefined
  for (let offset = 0; offset < payload.length; ) {
    if (offset + SUB_HEADER > payload.length) throw new ProtocolError('aggregate cut short')
    const type = payload.readUInt8(offset)
    const start = offset + SUB_HEADER
    const end = start + payload.readUIntBE(offset + 1, 3)
    const own = payload.readUIntBE(offset + 4, 3) + payload.readUInt8(offset + 7) * 2 ** 24
    if (end > payload.length || type === MESSAGE.aggregate) throw new ProtocolError('aggregate not well formed')
    shift ??= aggregate.timestamp - own
    messages.push({ type, timestamp: (own + shift) >>> 0, streamId, payload: payload.subarray(start, end) })
    offset = end + BACK_POINTER
  }
  return messages
}
