import type { Container, Tracks } from './container.ts'
import { flv } from './flv.ts'
import type { MediaPacket, ViewerFormat } from './ports.ts'
import { rtmp } from './rtmp-chunks.ts'
import { frameHeader } from './websocket-frame.ts'

const CONTAINERS: Readonly<Record<ViewerFormat, Container>> = { flv, 'ws-flv': flv, rtmp }

/** One Buffer that holds `packets` as `format` sends them, after the container's opening where `tracks` is given. */
export function mux(format: ViewerFormat, packets: readonly MediaPacket[], tracks?: Tracks): Buffer {
  const container = CONTAINERS[format]
  const opening = tracks ? container.opening(tracks) : undefined
  let size = opening?.length ?? 0
  for (const packet of packets) size += container.sizeOf(packet)
  if (size === 0) return Buffer.alloc(0)
  const head = format === 'ws-flv' ? frameHeader(size) : undefined
  const target = Buffer.allocUnsafe((head?.length ?? 0) + size)
  let offset = head ? head.copy(target) : 0
  if (opening) offset += opening.copy(target, offset)
  for (const packet of packets) offset = container.write(packet, target, offset)
  return target
}

/** What is made at most once for each format, and not at all for a format that nobody asks for. */
export class PerFormat {
  readonly #made: Partial<Record<ViewerFormat, Buffer>> = {}
  readonly #make: (format: ViewerFormat) => Buffer

  constructor(make: (format: ViewerFormat) => Buffer) {
    this.#make = make
  }

  get(format: ViewerFormat): Buffer {
    this.#made[format] ??= this.#make(format)
    return this.#made[format]
  }
}
