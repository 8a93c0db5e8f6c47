import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AmsctlError } from '../../domain/errors.ts'
import type { Configuration } from '../../services/ports.ts'
import { SETTINGS_FILE } from '../data-directory.ts'
import { syncFile } from '../durable-file.ts'
import { SettingsAdapter } from '../settings-adapter.ts'
import type { Loss } from './loss.ts'

/** What stands in for settings that nobody can read: by default anyone might publish and play. */
const CLOSED: Configuration = { settings: { 'token-control-publish': 'on', 'token-control-play': 'on' }, apiKeys: [] }

/** Where a damaged settings file is kept, to take from by hand what is still to be read. */
export const DAMAGED_SETTINGS = `${SETTINGS_FILE}.damaged`

/**
 * Writes the settings of `dataDir` to `draft`; where they are damaged or missing, token control is on.
 * @throws STORE_NEWER, STORE_FAILED
 */
export async function salvageSettings(dataDir: string, draft: string, losses: Loss[]): Promise<void> {
  const path = join(dataDir, SETTINGS_FILE)
  const whole = { file: SETTINGS_FILE, line: null, byte: 0, bytes: 0 }
  let configuration: Configuration | null = null
  try {
    configuration = await new SettingsAdapter(path).read()
    if (!configuration) losses.push({ ...whole, what: 'missing' })
  } catch (cause) {
    if (!(cause instanceof AmsctlError) || cause.code !== 'STORE_DAMAGED') throw cause
    losses.push({ ...whole, what: 'not as amsctl writes it' })
    await copyFile(path, join(draft, DAMAGED_SETTINGS))
    await syncFile(join(draft, DAMAGED_SETTINGS))
  }
  await new SettingsAdapter(join(draft, SETTINGS_FILE)).write(configuration ?? CLOSED)
}
