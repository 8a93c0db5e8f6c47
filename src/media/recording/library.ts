import { access, constants, type FileHandle, lstat, mkdir, open, readdir, realpath, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { AmsctlError } from '../../domain/errors.ts'
import {
  isRecordingFile,
  ownerOf,
  type Recording,
  type RecordingView,
  recordingFile,
  viewRecording,
} from '../../domain/recording.ts'
import { isApp } from '../../domain/stream-id.ts'
import type { Seconds, UnixSeconds } from '../../domain/units.ts'
import { isDeleted } from './file-writer.ts'
import type { OpenRecording, RecordingIndex, RecordingShelf, StoredFile, VodLibrary } from './ports.ts'

const OURS_ALONE = 0o700
const PRIVATE = 0o600

interface LibraryOptions {
  /** Holds a folder for each app. */
  readonly directory: string
  readonly index: RecordingIndex
  readonly now: () => UnixSeconds
}

/** The media directory: what was recorded here, and what the operator dropped there. */
export class MediaLibrary implements VodLibrary, RecordingShelf {
  readonly #directory: string
  readonly #index: RecordingIndex
  readonly #now: () => UnixSeconds
  /** Recordings that go on, as far as they are written. */
  readonly #active = new Map<string, Recording>()
  /** Names that somebody is about to take. */
  readonly #claimed = new Set<string>()

  constructor({ directory, index, now }: LibraryOptions) {
    this.#directory = directory
    this.#index = index
    this.#now = now
  }

  ownerOf(app: string, file: string): string | undefined {
    return isRecordingFile(file) ? ownerOf(file, this.#index.get(app, file)) : undefined
  }

  async find(app: string, file: string): Promise<StoredFile | undefined> {
    if (!isApp(app) || !isRecordingFile(file)) return undefined
    const directory = this.#folderOf(app)
    const size = (await isReadable(join(directory, file))) ? await sizeOf(directory, file) : undefined
    const bytes = this.#active.get(keyOf(app, file))?.bytes ?? size
    return size === undefined || bytes === undefined || bytes === 0 ? undefined : { directory, name: file, bytes }
  }

  async list(): Promise<RecordingView[]> {
    const apps = (await entriesOf(this.#directory)).filter(isApp).sort()
    const views: RecordingView[] = []
    for (const app of apps) {
      const files = (await entriesOf(this.#folderOf(app))).filter(isRecordingFile).sort()
      for (const file of files) {
        const view = await this.#view(app, file)
        if (view) views.push(view)
      }
    }
    return views
  }

  async remove(app: string, file: string): Promise<RecordingView> {
    const view = isApp(app) && isRecordingFile(file) ? await this.#view(app, file) : undefined
    if (!view) throw new AmsctlError('RECORDING_NOT_FOUND', `no file "${file}" in ${app}; see amsctl vod list`)
    if (view.recording) throw new AmsctlError('RECORDING_BUSY', `${file} is being recorded; stop the recording first`)
    await this.#drop({ app, file })
    return view
  }

  async create(app: string, streamId: string): Promise<OpenRecording> {
    const directory = this.#folderOf(app)
    await mkdir(directory, { recursive: true, mode: OURS_ALONE })
    for (let number = 0; ; number++) {
      const file = recordingFile(streamId, number)
      const key = keyOf(app, file)
      if (this.#index.get(app, file) || this.#claimed.has(key)) continue
      this.#claimed.add(key)
      try {
        const handle = (await exists(join(directory, file))) ? undefined : await this.#begin(app, file, streamId)
        if (handle) return handle
      } finally {
        this.#claimed.delete(key)
      }
    }
  }

  /** Forgets recordings whose files somebody deleted, so that their names are free; returns those cut short by a crash. */
  async takeStock(): Promise<Recording[]> {
    const unfinished: Recording[] = []
    const folders = new Map<string, Set<string>>()
    const forgotten: Promise<void>[] = []
    for (const recording of this.#index.all()) {
      const { app, file, endedAt } = recording
      const folder = folders.get(app) ?? new Set(await entriesOf(this.#folderOf(app)))
      folders.set(app, folder)
      // A folder that is gone as a whole may be a disk that is not mounted.
      if (!folder.has(file) && folder.size > 0) forgotten.push(this.#index.remove(app, file))
      else if (folder.has(file) && endedAt === null) unfinished.push(recording)
    }
    await Promise.all(forgotten)
    return unfinished
  }

  /** Where the file of `recording` is. */
  pathOf({ app, file }: Recording): string {
    return join(this.#folderOf(app), file)
  }

  /** Puts on record how far a recording that was cut short goes. */
  async settle(recording: Recording, { bytes, duration }: { bytes: number; duration: Seconds }): Promise<void> {
    if (!this.#isOnRecord(recording)) return
    await this.#index.put({ ...recording, bytes, duration, endedAt: recording.startedAt + Math.round(duration) })
  }

  /** Deletes a recording in which there is nothing. */
  async discard(recording: Recording): Promise<void> {
    if (this.#isOnRecord(recording)) await this.#drop(recording)
  }

  /** Whether nobody has deleted it since it was read, and perhaps taken its name. */
  #isOnRecord(recording: Recording): boolean {
    return this.#index.get(recording.app, recording.file) === recording
  }

  /** The file first: one that is not in the index would open to the tokens of its base name. */
  async #drop({ app, file }: Pick<Recording, 'app' | 'file'>): Promise<void> {
    await rm(join(this.#folderOf(app), file), { force: true })
    await this.#index.remove(app, file)
  }

  /** undefined: somebody has dropped a file of that name meanwhile. */
  async #begin(app: string, file: string, streamId: string): Promise<OpenRecording | undefined> {
    const recording = { app, file, streamId, startedAt: this.#now(), endedAt: null, bytes: 0, duration: 0 }
    await this.#index.put(recording)
    try {
      const handle = await open(this.pathOf(recording), 'wx', PRIVATE)
      return this.#opened(recording, handle)
    } catch (error) {
      await this.#index.remove(app, file)
      if (isCode(error, 'EEXIST')) return undefined
      throw error
    }
  }

  #opened(begun: Recording, handle: FileHandle): OpenRecording {
    const { app, file } = begun
    const key = keyOf(app, file)
    let latest = begun
    this.#active.set(key, latest)
    const close = async (settle: () => Promise<void>) => {
      try {
        const gone = await isDeleted(handle)
        await handle.close()
        // What has its name now is another file.
        await (gone ? this.#index.remove(app, file) : settle())
      } finally {
        this.#active.delete(key)
      }
    }
    return {
      app,
      file,
      handle,
      wrote: (bytes, duration) => {
        latest = { ...latest, bytes, duration }
        this.#active.set(key, latest)
      },
      end: () => close(() => this.#index.put({ ...latest, endedAt: this.#now() })),
      discard: () => close(() => this.#drop(begun)),
    }
  }

  async #view(app: string, file: string): Promise<RecordingView | undefined> {
    const active = this.#active.get(keyOf(app, file))
    const recording = active ?? this.#index.get(app, file)
    const streamId = ownerOf(file, recording)
    const size = await sizeOf(this.#folderOf(app), file)
    if (streamId === undefined || size === undefined) return undefined
    return viewRecording({ app, file }, { streamId, bytes: size, recording, active: active !== undefined })
  }

  #folderOf(app: string): string {
    return join(this.#directory, app)
  }
}

/**
 * The size of the regular file that is `directory/file` and nothing else: no symbolic link, and no other spelling of
 * its name on a disk that takes upper and lower case for the same.
 */
async function sizeOf(directory: string, file: string): Promise<number | undefined> {
  try {
    const path = join(directory, file)
    const [folder, real, found] = await Promise.all([realpath(directory), realpath(path), lstat(path)])
    return found.isFile() && real === join(folder, file) ? found.size : undefined
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return undefined
    throw error
  }
}

async function isReadable(path: string): Promise<boolean> {
  try {
    await access(path, constants.R_OK)
    return true
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES')) return false
    throw error
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch (error) {
    if (isCode(error, 'ENOENT')) return false
    throw error
  }
}

async function entriesOf(directory: string): Promise<string[]> {
  try {
    return await readdir(directory)
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR')) return []
    throw error
  }
}

function isCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code))
}

function keyOf(app: string, file: string): string {
  return `${app}/${file}`
}
