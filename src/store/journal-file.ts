import { constants, writeSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { storeFailed } from './failure.ts'

const SMALL = 1 << 14

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
        const written = await this.#writeSome(bytes.subarray(done))
        done += written
        this.#length += written
      }
    } catch (cause) {
      throw storeFailed('write', this.path, cause)
    }
  }

  /** The kernel takes a small write sooner than a thread could be asked to make it. */
  async #writeSome(bytes: Buffer): Promise<number> {
    if (bytes.length <= SMALL) return writeSync(this.#handle.fd, bytes, 0, bytes.length, this.#length)
    return (await this.#handle.write(bytes, 0, bytes.length, this.#length)).bytesWritten
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
