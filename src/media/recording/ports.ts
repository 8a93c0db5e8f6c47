import type { FileHandle } from 'node:fs/promises'
import type { Recording } from '../../domain/recording.ts'
import type { Seconds } from '../../domain/units.ts'

/** A file that can be served. */
export interface StoredFile {
  /** The folder that it is in. */
  readonly directory: string
  readonly name: string
  /** How much of it may be served: of a recording that goes on, its whole fragments. */
  readonly bytes: number
}

/** What may be played on demand. */
export interface VodLibrary {
  /** The stream whose tokens open `file`, whether or not it exists; undefined: no token can. */
  ownerOf(app: string, file: string): string | undefined
  find(app: string, file: string): Promise<StoredFile | undefined>
}

/** Which stream each recording is of, durable before the file exists. */
export interface RecordingIndex {
  get(app: string, file: string): Recording | undefined
  all(): readonly Recording[]
  put(recording: Recording): Promise<void>
  remove(app: string, file: string): Promise<void>
}

/** A recording that is being written. */
export interface OpenRecording {
  readonly app: string
  readonly file: string
  readonly handle: FileHandle
  /** What of it is written and whole by now. */
  wrote(bytes: number, duration: Seconds): void
  /** It is complete: closes the file and puts it on record. */
  end(): Promise<void>
  /** There is nothing in it: closes and deletes the file. */
  discard(): Promise<void>
}

/** Where recordings are made. */
export interface RecordingShelf {
  /** Begins a file under the next name that is free for `streamId`. */
  create(app: string, streamId: string): Promise<OpenRecording>
}
