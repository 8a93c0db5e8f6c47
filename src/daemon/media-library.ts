import { MediaLibrary } from '../media/recording/library.ts'
import type { RecordingArchive } from '../services/ports.ts'
import { RecordingIndexFile } from '../store/recording-index.ts'
import { systemClock } from './services.ts'

export interface OpenedLibrary {
  readonly library: MediaLibrary
  close(): Promise<void>
}

/** Opens the media directory, for the holder of the store's lock. Creates nothing. */
export async function openLibrary(directory: string): Promise<OpenedLibrary> {
  const index = await RecordingIndexFile.open(directory)
  return {
    library: new MediaLibrary({ directory, index, now: systemClock.now }),
    close: () => index.close(),
  }
}

/** The recordings in `directory` for a command, most of which never look at them: opened by the first question. */
export function lazyArchive(directory: string): RecordingArchive & { close(): Promise<void> } {
  let opening: Promise<OpenedLibrary> | undefined
  const opened = async () => {
    opening ??= openLibrary(directory)
    return (await opening).library
  }
  return {
    list: async () => (await opened()).list(),
    remove: async (app, file) => (await opened()).remove(app, file),
    close: async () => (await opening)?.close(),
  }
}
