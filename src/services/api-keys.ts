import { AmsctlError } from '../domain/errors.ts'
import { parseNote } from '../domain/note.ts'
import { hashSecret, maskReference } from '../domain/secret.ts'
import { toRfc3339 } from '../domain/units.ts'
import { newApiKeyId, newApiKeySecret } from './identifiers.ts'
import type { ApiKeyView } from './operations.ts'
import type { ApiKey, Clock, ConfigurationStore } from './ports.ts'

/** Keys with which scripts call the REST API from anywhere. */
export class ApiKeys {
  readonly #store: ConfigurationStore
  readonly #clock: Clock

  constructor(store: ConfigurationStore, clock: Clock) {
    this.#store = store
    this.#clock = clock
  }

  async create(note: string | null): Promise<ApiKeyView & { readonly key: string }> {
    const key = newApiKeySecret()
    const created: ApiKey = {
      id: newApiKeyId(),
      hash: hashSecret(key),
      note: parseNote(note),
      createdAt: this.#clock.now(),
    }
    await this.#write([...this.#store.current.apiKeys, created])
    return { ...view(created), key }
  }

  list(): ApiKeyView[] {
    return this.#store.current.apiKeys.map(view)
  }

  async revoke(id: string): Promise<ApiKeyView> {
    const key = this.#store.current.apiKeys.find((known) => known.id === id)
    if (!key) throw new AmsctlError('APIKEY_NOT_FOUND', `no API key "${maskReference(id)}"; see amsctl apikey list`)
    await this.#write(this.#store.current.apiKeys.filter((known) => known !== key))
    return view(key)
  }

  /** The key whose secret this is. Comparing hashes of 240 random bits leaks nothing through timing. */
  find(secret: string): ApiKeyView | undefined {
    const hash = hashSecret(secret)
    const key = this.#store.current.apiKeys.find((known) => known.hash === hash)
    return key && view(key)
  }

  async #write(apiKeys: readonly ApiKey[]): Promise<void> {
    await this.#store.write({ ...this.#store.current, apiKeys })
  }
}

function view({ id, note, createdAt }: ApiKey): ApiKeyView {
  return { id, note, createdAt: toRfc3339(createdAt) }
}
