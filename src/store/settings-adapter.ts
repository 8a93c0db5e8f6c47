import { readFile } from 'node:fs/promises'
import type { Adapter } from 'lowdb'
import type { Configuration } from '../services/ports.ts'
import { readConfiguration, writeConfiguration } from './configuration-codec.ts'
import { replaceFile } from './durable-file.ts'
import { errorCodeOf, storeFailed } from './failure.ts'

/** lowdb's way to `settings.json`: small, readable, replaced as a whole and durably. */
export class SettingsAdapter implements Adapter<Configuration> {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  /** Resolves with null where the file is not there yet. */
  async read(): Promise<Configuration | null> {
    let text: string
    try {
      text = await readFile(this.#path, 'utf8')
    } catch (cause) {
      if (errorCodeOf(cause) === 'ENOENT') return null
      throw storeFailed('read', this.#path, cause)
    }
    return readConfiguration(this.#path, text)
  }

  async write(configuration: Configuration): Promise<void> {
    const text = writeConfiguration(configuration)
    await replaceFile(this.#path, (file) => file.writeFile(text))
  }
}
