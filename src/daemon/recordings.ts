import type { AuditEvent } from '../domain/audit.ts'
import type { Recording } from '../domain/recording.ts'
import { isRecorded } from '../domain/settings.ts'
import type { Hub } from '../media/hub.ts'
import type { MediaLibrary } from '../media/recording/library.ts'
import type { RecordedStream } from '../media/recording/recorder.ts'
import { type RecordingReporter, Recordings } from '../media/recording/recordings.ts'
import { repair } from '../media/recording/repair.ts'
import type { Services } from '../services/administration.ts'
import type { Log } from '../services/log.ts'

interface RecordingParts {
  readonly services: Services
  readonly hub: Hub
  readonly library: MediaLibrary
  /** Takes the place of the setting. */
  readonly record: string | null
  readonly log: Log
}

/** Records what the flag or the setting asks for, and puts it on record. */
export function recordStreams({ services, hub, library, record, log }: RecordingParts): Recordings {
  const isWanted = (streamId: string) => isRecorded(record ?? services.settings.values.record, streamId)
  return new Recordings({ hub, shelf: library, isWanted, report: reporter(services, log) })
}

/** Completes what a crash cut short, one file after the other until `signal` aborts. What cannot be stays as it is. */
export async function completeRecordings(
  library: MediaLibrary,
  unfinished: readonly Recording[],
  { log, signal }: { readonly log: Log; readonly signal: AbortSignal },
): Promise<void> {
  for (const recording of unfinished) {
    if (signal.aborted) return
    const { app, file, streamId } = recording
    try {
      const whole = await repair(library.pathOf(recording))
      if (whole) await library.settle(recording, whole)
      else await library.discard(recording)
      log.info({ app, streamId, file, bytes: whole?.bytes ?? 0 }, 'completed a recording that was cut short')
    } catch (error) {
      log.warn({ app, streamId, file, error: reasonOf(error) }, 'a recording that was cut short cannot be completed')
    }
  }
}

function reporter({ audit }: Services, log: Log): RecordingReporter {
  const record = (event: AuditEvent, stream: RecordedStream, message: string) =>
    audit.record({ event, by: 'daemon', app: stream.app, streamId: stream.streamId, message })
  return {
    began: (stream, file) => {
      log.info({ ...stream, file }, 'recording')
      record('record-start', stream, file)
    },
    finished: (stream, file) => {
      log.info({ ...stream, file }, 'recorded')
      record('record-stop', stream, file)
    },
    lagging: (stream, file) => {
      log.warn({ ...stream, file }, 'the disk is too slow for a recording, in which some seconds are missing now')
      record('record-fail', stream, `${file ?? ''}: the disk is too slow; some seconds are missing`)
    },
    leftOut: (stream, kind, codec) => {
      log.warn({ ...stream, kind, codec }, 'left out of a recording: no codec that MP4 files are written of here')
      record('record-fail', stream, `${kind} is left out: ${codec ?? 'its codec'} cannot be recorded`)
    },
    failed: (stream, error, file) => {
      log.error({ ...stream, file, error: reasonOf(error) }, 'a recording has stopped; the stream goes on')
      record('record-fail', stream, `${file ?? ''}: ${reasonOf(error)}`)
    },
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
