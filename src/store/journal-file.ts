import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { storeFailed } from './failure.ts'

/** An append-only file whose length is known and whose every write is whole. */
export class JournalFile {
  readonly path: string
  readonly #handle: FileHandle
  #length: number

  private constructor(path: string, handle: FileHandle, length: number) {
    this.path = path
    this.#handle = handle
    this.#length = length
  }

  /** Opens the file at `path`, creating an empty one where there is none; its directory is not synced. */
  static async open(path: string): Promise<JournalFile> {
    try {
      const handle = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600)
      return new JournalFile(path, handle, (await handle.stat()).size)
    } catch (cause) {
      throw storeFailed('open', path, cause)
    }
  }

  get length(): number {
    return this.#length
  }

  async append(bytes: Buffer): Promise<void> {
    try {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await this.#handle.write(bytes, done, bytes.length - done, this.#length)
        done += bytesWritten
        this.#length += bytesWritten
      }
    } catch (cause) {
      throw storeFailed('write', this.path, cause)
    }
  }

  /** Resolves when all that was appended is on the disk. */
  async sync(): Promise<void> {
    try {
      await this.#handle.datasync()
    } catch (cause) {
      throw storeFailed('sync', this.path, cause)
    }
  }

  /** Cuts the file to its first `length` bytes, durably. */
  async truncate(length: number): Promise<void> {
    try {
      await this.#handle.truncate(length)
      this.#length = length
      await this.#handle.datasync()
    } catch (cause) {
      throw storeFailed('cut', this.path, cause)
    }
  }

  async close(): Promise<void> {
    await this.#handle.close()
  }
}
