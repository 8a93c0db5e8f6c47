import { resolve } from 'node:path'
import { AmsctlError } from '../../domain/errors.ts'
import type { Loss } from '../../store/salvage/loss.ts'
import { type Salvage, salvage } from '../../store/salvage/salvage.ts'
import { plural } from '../plural.ts'

/** @throws BAD_VALUE, STORE_LOCKED, STORE_NEWER, STORE_FAILED */
export async function repair(dataDir: string, target: string, store: string | undefined): Promise<Salvage> {
  if (store) throw new AmsctlError('BAD_VALUE', '--repair is for a store in files; Redis keeps its own')
  if (target === '') throw new AmsctlError('BAD_VALUE', '--repair needs the name of a new directory')
  return salvage(dataDir, resolve(target), Math.floor(Date.now() / 1000))
}

export function salvageFields(salvaged: Salvage): [string, string][] {
  const { directory, tokens, barred, sessions, settingsKept, losses } = salvaged
  return [
    ['directory', directory],
    ['tokens', String(tokens)],
    ['revoked', String(barred)],
    ['sessions', String(sessions)],
    ['settings', settingsKept ? 'kept' : 'lost'],
    ...losses.map((loss): [string, string] => ['lost', describeLoss(loss)]),
  ]
}

/** What the losses mean, and what to do. */
export function salvageNotes({ directory, barred, settingsKept, losses }: Salvage): string[] {
  const notes: string[] = []
  if (losses.some(({ file }) => file.startsWith('tokens.'))) {
    notes.push('Tokens that stood in what was lost are unknown now; who holds one needs another.')
  }
  if (barred > 0) {
    notes.push(`${plural(barred, 'token')} may have been used or revoked in what was lost, and opens nothing any more.`)
  }
  if (!settingsKept) {
    notes.push(
      'Settings, API keys and users were lost. Token control is on for publishing and playing, and the rest as on the first day; a damaged file is beside the new one as settings.json.damaged.',
    )
  }
  return [
    ...notes,
    `Recordings stay where they are. Look the new directory over with --data-dir ${directory}, then put it in the place of the damaged one.`,
  ]
}

function describeLoss({ file, line, byte, bytes, what }: Loss): string {
  if (line === null) return `${file}: ${what}`
  const size = bytes === 0 ? '' : ` (${plural(bytes, 'byte')})`
  return `${file}, line ${line}, byte ${byte}${size}: ${what}`
}
