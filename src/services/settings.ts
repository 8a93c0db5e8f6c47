import {
  parseSetting,
  parseSettingName,
  readSettings,
  SETTING_NAMES,
  type SettingValues,
  type SettingView,
  viewSetting,
} from '../domain/settings.ts'
import type { TokenType } from '../domain/token.ts'
import type { ConfigurationStore } from './ports.ts'

/** The settings in force: read once, changed through here, re-read on {@link Settings.reload}. */
export class Settings {
  readonly #store: ConfigurationStore
  readonly #listeners = new Set<() => void>()
  #values: SettingValues

  constructor(store: ConfigurationStore) {
    this.#store = store
    this.#values = readSettings(store.current.settings)
  }

  get values(): SettingValues {
    return this.#values
  }

  controls(type: TokenType): boolean {
    return this.#values[type === 'publish' ? 'token-control-publish' : 'token-control-play']
  }

  show(): SettingView[] {
    return SETTING_NAMES.map((name) => viewSetting(name, this.#values))
  }

  /** Stores `text` for the setting `name`; BAD_VALUE names what is legal. */
  async set(name: string, text: string): Promise<SettingView> {
    const known = parseSettingName(name)
    await this.#write({ [known]: text })
    return viewSetting(known, this.#values)
  }

  async setTokenControl(types: readonly TokenType[], enable: boolean): Promise<void> {
    await this.#write(Object.fromEntries(types.map((type) => [`token-control-${type}`, enable ? 'on' : 'off'])))
  }

  /** Reads again what is stored, API keys and users with it; returns the settings that have changed. */
  async reload(): Promise<SettingView[]> {
    const before = new Map(this.show().map(({ name, value }) => [name, value]))
    await this.#store.reload()
    this.#values = readSettings(this.#store.current.settings)
    for (const listener of this.#listeners) listener()
    return this.show().filter(({ name, value }) => before.get(name) !== value)
  }

  /** Calls `listener` after each {@link reload}; returns how to stop that. */
  onReload(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** What was stored and could not be read again would keep the store from ever opening. */
  async #write(changes: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, text] of Object.entries(changes)) parseSetting(parseSettingName(name), text)
    const { current } = this.#store
    try {
      await this.#store.write({ ...current, settings: { ...current.settings, ...changes } })
    } finally {
      // After a failure as well: a change before this one may have brought it into force already.
      this.#values = readSettings(this.#store.current.settings)
    }
  }
}
