import { AmsctlError } from '../../domain/errors.ts'
import type { Milliseconds } from '../../domain/units.ts'
import { Demuxer } from '../fmp4/demuxer.ts'
import type { Track } from '../fmp4/track.ts'
import type { Hub } from '../hub.ts'
import { codecName } from '../packet.ts'
import type { LiveStream, MediaPacket } from '../ports.ts'
import { Fragmenter } from './fragmenter.ts'
import type { RecordingShelf } from './ports.ts'
import { type RecordedStream, Recorder } from './recorder.ts'

/** How long a start waits for media, and the end of all for the disk. */
const PATIENCE: Milliseconds = 2000

export interface RecordingsOptions {
  readonly hub: Pick<Hub, 'find' | 'onStart'>
  readonly shelf: RecordingShelf
  /** Whether a stream that begins is recorded. */
  readonly isWanted: (streamId: string) => boolean
  readonly report: RecordingReporter
}

/** Puts on record what becomes of recordings. */
export interface RecordingReporter {
  began(stream: RecordedStream, file: string): void
  finished(stream: RecordedStream, file: string): void
  lagging(stream: RecordedStream, file: string | null): void
  /** What MP4 is not written for here, or cannot be read; the rest is recorded. */
  leftOut(stream: RecordedStream, kind: Track['kind'], codec: string | null): void
  failed(stream: RecordedStream, error: unknown, file: string | null): void
}

interface Recording {
  readonly recorder: Recorder
  /** Completes the file; nothing more is written. */
  stop(): void
}

/** All recordings that go on, one a stream. */
export class Recordings {
  readonly #hub: RecordingsOptions['hub']
  readonly #shelf: RecordingShelf
  readonly #report: RecordingReporter
  readonly #running = new Map<string, Recording>()
  /** Those that are over and may still write. */
  readonly #ending = new Set<Promise<void>>()

  constructor({ hub, shelf, isWanted, report }: RecordingsOptions) {
    this.#hub = hub
    this.#shelf = shelf
    this.#report = report
    hub.onStart((stream, live) => {
      if (isWanted(stream.streamId)) this.#record(stream, live)
    })
  }

  /** Whether there is a file of the stream that grows. */
  isRecording({ app, streamId }: RecordedStream): boolean {
    return this.#running.get(nameOf(app, streamId))?.recorder.isWriting ?? false
  }

  /** Resolves when there is a file, or none soon. STREAM_NOT_LIVE. */
  async start(stream: RecordedStream): Promise<{ readonly file: string | null; readonly already: boolean }> {
    const running = this.#running.get(nameOf(stream.app, stream.streamId))
    if (running) return { file: running.recorder.file, already: true }
    const { recorder } = this.#record(stream, this.#live(stream))
    await within(PATIENCE, recorder.begun)
    if (!recorder.hasFailed || recorder.file !== null) return { file: recorder.file, already: false }
    throw new AmsctlError('STORE_FAILED', `${stream.streamId} cannot be recorded; see the log of the daemon`)
  }

  /**
   * Resolves when the file is complete, or the disk takes long for its rest. STREAM_NOT_LIVE; RECORDING_NOT_FOUND where
   * the stream is not recorded.
   */
  async stop(stream: RecordedStream): Promise<{ readonly file: string | null; readonly complete: boolean }> {
    const running = this.#running.get(nameOf(stream.app, stream.streamId))
    if (!running) {
      this.#live(stream)
      throw new AmsctlError('RECORDING_NOT_FOUND', `${stream.app}/${stream.streamId} is not being recorded`)
    }
    running.stop()
    const complete = await within(PATIENCE, running.recorder.settled())
    return { file: running.recorder.file, complete }
  }

  /** Completes every file, unless the disk hangs. */
  async close(): Promise<void> {
    for (const running of [...this.#running.values()]) running.stop()
    await within(PATIENCE, Promise.all(this.#ending))
  }

  #live({ app, streamId }: RecordedStream): LiveStream {
    const live = this.#hub.find(app, streamId)
    if (live) return live
    throw new AmsctlError('STREAM_NOT_LIVE', `${app}/${streamId} is not live; see amsctl stream list`)
  }

  #record(stream: RecordedStream, live: LiveStream): Recording {
    const name = nameOf(stream.app, stream.streamId)
    const report = this.#report
    const recorder = new Recorder(stream, this.#shelf, {
      began: (file) => report.began(stream, file),
      finished: (file) => report.finished(stream, file),
      lagging: (file) => report.lagging(stream, file),
      failed: (error, file) => {
        report.failed(stream, error, file)
        recording.stop()
      },
    })
    const demuxer = new Demuxer(new Fragmenter(recorder))
    const watch = watchLeftOut(demuxer, (kind, codec) => report.leftOut(stream, kind, codec))
    let detach = () => {}
    let over = false
    const finish = () => {
      if (over) return
      over = true
      detach()
      demuxer.end()
      if (this.#running.get(name) === recording) this.#running.delete(name)
      const ending = recorder.settled()
      this.#ending.add(ending)
      void ending.then(() => this.#ending.delete(ending))
    }
    const recording = { recorder, stop: finish }
    this.#running.set(name, recording)
    detach = live.attach({
      push: (packet) => {
        demuxer.push(packet)
        watch(packet)
      },
      restart: () => demuxer.restart(),
      end: finish,
    })
    return recording
  }
}

type LeftOutHandler = (kind: Track['kind'], codec: string | null) => void

/** Takes packets that `demuxer` has had, and tells once of each codec that it cannot read. */
function watchLeftOut(demuxer: Demuxer, tell: LeftOutHandler): (packet: MediaPacket) => void {
  const told = new Set<string>()
  return (packet) => {
    const { kind, config } = packet
    if (kind === 'metadata' || config || demuxer.reads(kind)) return
    const codec = codecName(packet)
    const name = `${kind} ${codec}`
    if (!told.has(name)) tell(kind, codec)
    told.add(name)
  }
}

/** Whether `work` was done in time. */
async function within(span: Milliseconds, work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), span)
  })
  const inTime = await Promise.race([work.then(() => true), timeout])
  clearTimeout(timer)
  return inTime
}

function nameOf(app: string, streamId: string): string {
  return `${app}/${streamId}`
}
