import { MediaLibrary } from '../media/recording/library.ts'
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
