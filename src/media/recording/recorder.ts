import type { Track } from '../fmp4/track.ts'
import { RecordingFile } from './file-writer.ts'
import type { Piece, PieceHandler, ReferenceTrack } from './fragmenter.ts'
import type { RecordingShelf } from './ports.ts'

/** With more waiting for the disk than this, fragments are left out until it has caught up. */
const MOST_QUEUED = 32 * 1024 * 1024

export interface RecordedStream {
  readonly app: string
  readonly streamId: string
}

/** Hears what becomes of a recording. */
export interface RecorderEvents {
  began(file: string): void
  finished(file: string): void
  /** The disk is too slow: what comes until it has caught up is missing in the file. */
  lagging(file: string | null): void
  /** Nothing can be written any more. */
  failed(error: unknown, file: string | null): void
}

/** Writes the fragments of one stream to its files, one write at a time, in the background. */
export class Recorder implements PieceHandler {
  /** The file written last; null: none yet. */
  file: string | null = null
  readonly #stream: RecordedStream
  readonly #shelf: RecordingShelf
  readonly #events: RecorderEvents
  #current: RecordingFile | undefined
  #writing: Promise<void> = Promise.resolve()
  #queued = 0
  #skipping = false
  #failed = false
  #begun: () => void = () => {}
  /** Resolves when the first file is there, or will never be. */
  readonly begun: Promise<void>

  constructor(stream: RecordedStream, shelf: RecordingShelf, events: RecorderEvents) {
    this.#stream = stream
    this.#shelf = shelf
    this.#events = events
    this.begun = new Promise((resolve) => {
      this.#begun = resolve
    })
  }

  begin(tracks: readonly Track[], reference: ReferenceTrack): void {
    this.#skipping = false
    this.#then(async () => {
      await this.#finish()
      const { app, streamId } = this.#stream
      const recording = await this.#shelf.create(app, streamId)
      this.#current = new RecordingFile(recording, reference)
      await this.#current.writeHead(tracks)
      this.file = recording.file
      this.#events.began(recording.file)
      this.#begun()
    })
  }

  piece(piece: Piece): void {
    if (this.#isLeftOut(piece)) return
    const { length } = piece.bytes
    this.#queued += length
    this.#then(async () => {
      this.#queued -= length
      await this.#current?.write(piece)
    })
  }

  end(): void {
    this.#then(() => this.#finish())
    this.#then(async () => this.#begun())
  }

  /** Whether nothing can be written any more. */
  get hasFailed(): boolean {
    return this.#failed
  }

  /** Whether there is a file that grows. */
  get isWriting(): boolean {
    return this.#current !== undefined
  }

  /** Resolves when everything so far is on the disk, or has failed. */
  settled(): Promise<void> {
    return this.#writing
  }

  #isLeftOut({ key }: Piece): boolean {
    if (this.#queued > MOST_QUEUED && !this.#skipping) {
      this.#skipping = true
      this.#events.lagging(this.file)
    }
    if (this.#skipping && key && this.#queued < MOST_QUEUED / 2) this.#skipping = false
    return this.#skipping
  }

  #then(work: () => Promise<void>): void {
    this.#writing = this.#writing.then(async () => {
      if (this.#failed) return
      try {
        await work()
      } catch (error) {
        await this.#fail(error)
      }
    })
  }

  async #finish(): Promise<void> {
    const file = this.#current
    if (!file) return
    this.#current = undefined
    await file.end()
    this.#events.finished(file.name)
  }

  async #fail(error: unknown): Promise<void> {
    this.#failed = true
    const file = this.#current
    this.#current = undefined
    // It failed already; what can be saved is saved, and the next start tries the rest.
    await file?.end().catch(() => undefined)
    this.#events.failed(error, file?.name ?? null)
    this.#begun()
  }
}
