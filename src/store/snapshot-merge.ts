import type { FileHandle } from 'node:fs/promises'
import type { SecretHash } from '../domain/secret.ts'
import type { Token } from '../domain/token.ts'
import type { UnixSeconds } from '../domain/units.ts'
import { snapshotDamaged } from './failure.ts'
import type { View } from './records.ts'
import { readSnapshotKey, snapshotHead, snapshotLine } from './snapshot-line.ts'
import type { Line } from './snapshot-scan.ts'
import { SnapshotWriter } from './snapshot-writer.ts'
import { sortedKeys } from './sorted-keys.ts'
import { sessionKey } from './stored-record.ts'
import { TimeSlice } from './time-slice.ts'
import { hasSurelyNotEnded } from './token-sieve.ts'

/** Which tokens a new snapshot leaves out. */
export interface Retention {
  readonly now: UnixSeconds
  /** Never true of a token that has not ended by `now`. */
  isForgettable(token: Token): boolean
}

export const EVERYTHING: Retention = { now: 0, isForgettable: () => false }

/**
 * Writes the snapshot of `view`, in many turns of the event loop: the lines of the old one, among which the tokens that
 * changed take their places.
 * @throws STORE_DAMAGED where the old snapshot is
 */
export async function writeSnapshot(
  file: FileHandle,
  generation: number,
  view: View,
  retention: Retention,
): Promise<void> {
  const slice = new TimeSlice()
  const writer = new SnapshotWriter(file, snapshotHead(generation))
  const merge = new Merge(view, retention, writer, await sortedKeys(view.changed.keys(), slice))
  const pause = async () => {
    if (writer.isFull) await writer.drain()
    if (slice.isOver()) await slice.next()
  }
  for await (const lines of view.snapshot?.tokenLines() ?? []) {
    for (const line of lines) while (!merge.take(line)) await pause()
    await pause()
  }
  while (!merge.finish()) await pause()
  for (const session of view.sessions.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
    writer.add(snapshotLine(sessionKey(session.id), session))
    await pause()
  }
  await writer.end()
}

/** Two sorted runs of tokens becoming one; what the memtable says of a key hides what the old snapshot says. */
class Merge {
  readonly #view: View
  readonly #retention: Retention
  readonly #writer: SnapshotWriter
  readonly #changed: readonly SecretHash[]
  #next = 0
  #lastKey = ''

  constructor(view: View, retention: Retention, writer: SnapshotWriter, changed: readonly SecretHash[]) {
    this.#view = view
    this.#retention = retention
    this.#writer = writer
    this.#changed = changed
  }

  /** False: a changed token came first, and the line is to be given again. */
  take(line: Line): boolean {
    const key = this.#keyOf(line)
    const changed = this.#changed[this.#next]
    if (changed !== undefined && changed < key) {
      this.#putChanged(changed)
      return false
    }
    if (key <= this.#lastKey) throw this.#damaged(line, 'the record is out of order')
    this.#lastKey = key
    if (changed === key) this.#putChanged(changed)
    else if (this.#keeps(line)) this.#writer.copy(line.line)
    return true
  }

  /** True: no changed token is left. */
  finish(): boolean {
    const changed = this.#changed[this.#next]
    if (changed === undefined) return true
    this.#putChanged(changed)
    return false
  }

  #putChanged(hash: SecretHash): void {
    this.#next++
    const entry = this.#view.changed.get(hash)
    if (entry && !this.#retention.isForgettable(entry)) this.#writer.add(snapshotLine(hash, entry))
  }

  #keeps(line: Line): boolean {
    if (hasSurelyNotEnded(line.line.toString('latin1'), this.#retention.now)) return true
    const token = this.#view.snapshot?.tokenIn(line)
    return !token || !this.#retention.isForgettable(token)
  }

  #keyOf(line: Line): string {
    const key = readSnapshotKey(line.line)
    if (key === undefined) throw this.#damaged(line, 'the checksum of the record is wrong')
    return key
  }

  #damaged({ start }: Line, what: string): Error {
    return snapshotDamaged(this.#view.snapshot?.path ?? '', start, what)
  }
}
