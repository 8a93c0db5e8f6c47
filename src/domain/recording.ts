import { AmsctlError } from './errors.ts'
import { isStreamId, printable } from './stream-id.ts'
import { type Seconds, toRfc3339, type UnixSeconds } from './units.ts'

const EXTENSION = '.mp4'
/** A stream id and the number of one of its recordings. */
const STEM = /^[A-Za-z0-9_.-]{1,136}$/

/** A file that was recorded here, and the stream whose tokens open it: known from this record, never from the name. */
export interface Recording {
  readonly app: string
  /** Its name in the app's folder. */
  readonly file: string
  readonly streamId: string
  readonly startedAt: UnixSeconds
  /** null: being recorded, or cut short by a crash. */
  readonly endedAt: UnixSeconds | null
  readonly bytes: number
  readonly duration: Seconds
}

/** One file as `vod list --json` shows it. Fields are only ever added. */
export interface RecordingView {
  readonly file: string
  readonly app: string
  /** The stream whose tokens open it. */
  readonly streamId: string
  readonly bytes: number
  /** In seconds; null where the file was not recorded here. */
  readonly duration: Seconds | null
  readonly startedAt: string | null
  readonly endedAt: string | null
  /** Whether it is still being written. */
  readonly recording: boolean
}

/** The name of a stream's recording, numbered as AMS does: `cam.mp4`, `cam_1.mp4`, … */
export function recordingFile(streamId: string, number: number): string {
  return `${streamId}${number === 0 ? '' : `_${number}`}${EXTENSION}`
}

/** Whether `name` can be that of a file to serve. */
export function isRecordingFile(name: string): boolean {
  const stem = stemOf(name)
  return stem !== undefined && STEM.test(stem) && stem !== '.' && stem !== '..'
}

export function parseRecordingFile(name: string): string {
  if (isRecordingFile(name)) return name
  throw new AmsctlError('BAD_VALUE', `"${printable(name)}" is not the name of a recording, such as cam1.mp4`)
}

/** The stream whose tokens open `file`: the one that was recorded or, for a file that was dropped in, its base name. */
export function ownerOf(file: string, recording: Recording | undefined): string | undefined {
  if (recording) return recording.streamId
  const stem = stemOf(file)
  return stem !== undefined && isStreamId(stem) ? stem : undefined
}

export function viewRecording(
  file: { readonly app: string; readonly file: string },
  facts: {
    readonly streamId: string
    readonly bytes: number
    readonly recording: Recording | undefined
    readonly active: boolean
  },
): RecordingView {
  const { recording, streamId, bytes, active } = facts
  const finished = recording !== undefined && recording.endedAt !== null
  return {
    file: file.file,
    app: file.app,
    streamId,
    bytes,
    duration: recording && (finished || active) ? Math.round(recording.duration * 1000) / 1000 : null,
    startedAt: recording ? toRfc3339(recording.startedAt) : null,
    endedAt: finished && recording.endedAt !== null ? toRfc3339(recording.endedAt) : null,
    recording: active,
  }
}

function stemOf(name: string): string | undefined {
  return name.endsWith(EXTENSION) ? name.slice(0, -EXTENSION.length) : undefined
}
