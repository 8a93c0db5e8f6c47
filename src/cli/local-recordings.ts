import type { OpenedLibrary } from '../daemon/media-library.ts'
import type { RecordingArchive } from '../services/ports.ts'

/** The recordings in `directory`, opened by the first question: most commands never look at them. */
export function localRecordings(directory: string): RecordingArchive & { close(): Promise<void> } {
  let opening: Promise<OpenedLibrary> | undefined
  const opened = async () => {
    opening ??= import('../daemon/media-library.ts').then(({ openLibrary }) => openLibrary(directory))
    return (await opening).library
  }
  return {
    list: async () => (await opened()).list(),
    remove: async (app, file) => (await opened()).remove(app, file),
    close: async () => (await opening)?.close(),
  }
}
