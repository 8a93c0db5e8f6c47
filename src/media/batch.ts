import type { Tracks } from './container.ts'
import { mux, PerFormat } from './mux.ts'
import type { MediaPacket } from './ports.ts'

/** What a stream looks like at the moment a batch goes out. */
export interface BatchContext {
  readonly tracks: Tracks
  /** Headers as they stood before the batch. */
  readonly headers: readonly MediaPacket[]
  readonly versionBefore: number
  readonly versionAfter: number
}

/** Packets merged into one write, shared by all viewers of a format. */
export class Batch {
  readonly opening: PerFormat
  readonly headers: PerFormat
  readonly media: PerFormat
  /** A viewer that skipped may come back here. */
  readonly entry: boolean
  readonly versionBefore: number
  readonly versionAfter: number

  constructor(packets: readonly MediaPacket[], context: BatchContext) {
    this.opening = new PerFormat((format) => mux(format, [], context.tracks))
    this.headers = new PerFormat((format) => mux(format, context.headers))
    this.media = new PerFormat((format) => mux(format, packets))
    this.entry = packets[0]?.key === true || !context.tracks.video
    this.versionBefore = context.versionBefore
    this.versionAfter = context.versionAfter
  }
}
