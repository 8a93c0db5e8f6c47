import type { FileHandle } from 'node:fs/promises'
import { initSegment } from '../fmp4/init-segment.ts'
import type { Track } from '../fmp4/track.ts'
import type { Piece, ReferenceTrack } from './fragmenter.ts'
import type { OpenRecording } from './ports.ts'
import { condense, type IndexedFragment, MOST_REFERENCES, reserveIndex, segmentIndex } from './segment-index.ts'

/** One file: its head, fragments one after the other, each of them whole, and in the end the index for its players. */
export class RecordingFile {
  readonly #recording: OpenRecording
  readonly #reference: ReferenceTrack
  #fragments: IndexedFragment[] = []
  #indexAt = 0
  #size = 0
  #end = 0

  constructor(recording: OpenRecording, reference: ReferenceTrack) {
    this.#recording = recording
    this.#reference = reference
  }

  get name(): string {
    return this.#recording.file
  }

  async writeHead(tracks: readonly Track[]): Promise<void> {
    const init = initSegment(tracks)
    this.#indexAt = init.length
    await this.#append(Buffer.concat([init, reserveIndex(this.#reference)]))
  }

  async write({ bytes, key, start, ticks }: Piece): Promise<void> {
    await this.#append(bytes)
    if (await isDeleted(this.#recording.handle)) throw new Error('somebody has deleted the file')
    this.#fragments.push({ size: bytes.length, key, start, ticks })
    // So that a recording of days needs no more memory than one of hours.
    if (this.#fragments.length >= 2 * MOST_REFERENCES) this.#fragments = condense(this.#fragments)
    this.#end = Math.max(this.#end, start + ticks)
    const began = this.#fragments[0]?.start ?? 0
    this.#recording.wrote(this.#size, (this.#end - began) / this.#reference.timescale)
  }

  /** Completes the file as far as it is written, whatever the disk may say to the last steps. */
  async end(): Promise<void> {
    if (this.#fragments.length === 0) return this.#recording.discard()
    const { handle } = this.#recording
    try {
      await handle.truncate(this.#size)
      await writeAll(handle, segmentIndex(this.#reference, this.#fragments), this.#indexAt)
      await handle.datasync()
    } finally {
      await this.#recording.end()
    }
  }

  async #append(bytes: Buffer): Promise<void> {
    await writeAll(this.#recording.handle, bytes, this.#size)
    this.#size += bytes.length
  }
}

/** Whether the file that is being written has no name any more. */
export async function isDeleted(handle: FileHandle): Promise<boolean> {
  return (await handle.stat()).nlink === 0
}

/** The system may take less than it is given. */
export async function writeAll(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, position + written)
    written += bytesWritten
  }
}
