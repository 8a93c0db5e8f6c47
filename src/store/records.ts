import type { SecretHash } from '../domain/secret.ts'
import type { Session } from '../domain/session.ts'
import type { Token } from '../domain/token.ts'
import { type Entry, Memtable } from './memtable.ts'
import type { SnapshotFile } from './snapshot-file.ts'
import { type StoredRecord, sessionIdOf, sessionKey } from './stored-record.ts'
import { TimeSlice } from './time-slice.ts'

export interface Change {
  readonly key: string
  /** What the key leads to from now on; undefined: nothing. */
  readonly record: StoredRecord | undefined
  /** Puts back what was there before. */
  undo(): void
}

/** All that is stored at one moment. */
export interface View {
  readonly snapshot: SnapshotFile | undefined
  readonly changed: ReadonlyMap<SecretHash, Entry>
  readonly sessions: readonly Session[]
}

/**
 * All that is stored: what lowdb calls `data`. Tokens are in the snapshot on the disk, those that changed since it was
 * made in the memtable over it, and sessions in memory. It remembers what changed until the adapter takes it.
 */
export class Records {
  #snapshot: SnapshotFile | undefined
  readonly #memtable = new Memtable()
  readonly #sessions = new Map<string, Session>()
  #changes: Change[] = []
  #touched = new Set<string>()

  constructor(snapshot?: SnapshotFile) {
    this.#snapshot = snapshot
  }

  get sessions(): ReadonlyMap<string, Session> {
    return this.#sessions
  }

  get snapshot(): SnapshotFile | undefined {
    return this.#snapshot
  }

  token(hash: SecretHash): Token | undefined {
    const entry = this.#memtable.get(hash)
    return entry === undefined ? this.#snapshot?.token(hash) : (entry ?? undefined)
  }

  /** Finds those whose id was made of their hash, and all that changed of late; a scan finds the others. */
  tokenByOwnId(id: string): Token | undefined {
    const changed = this.#memtable.byId(id)
    if (changed) return changed
    const token = this.#snapshot?.tokenByOwnId(id)
    return token && this.#memtable.get(token.hash) === undefined ? token : undefined
  }

  /** Whether a token of this hash or id is in the memtable. */
  hasChanged({ hash, id }: Token): boolean {
    return Boolean(this.#memtable.get(hash) ?? this.#memtable.byId(id))
  }

  view(): View {
    return { snapshot: this.#snapshot, changed: this.#memtable.copy(), sessions: [...this.#sessions.values()] }
  }

  /** The tokens with a session that is still there. A revoke must find them, however long ago they ended. */
  tokensInUse(): ReadonlySet<SecretHash> {
    const inUse = new Set<SecretHash>()
    for (const { tokenHash } of this.#sessions.values()) if (tokenHash !== null) inUse.add(tokenHash)
    return inUse
  }

  putToken(token: Token): void {
    this.#changeToken(token.hash, token)
  }

  dropToken(hash: SecretHash): void {
    this.#changeToken(hash, null)
  }

  putSession(session: Session): void {
    this.#changeSession(session.id, session)
  }

  dropSession(id: string): void {
    this.#changeSession(id, undefined)
  }

  /** Changes a session now, to be written whenever there is an occasion. */
  touchSession(id: string, session: Session | undefined): void {
    this.#setSession(id, session)
    this.#touched.add(id)
  }

  /** The changes since the last call: what the next commit holds. */
  takeChanges(): readonly Change[] {
    const changes = this.#changes
    this.#changes = []
    return changes
  }

  /** The touched sessions as they stand; undoing one only means that it waits for the next occasion. */
  takeTouched(): readonly Change[] {
    const touched = this.#touched
    if (touched.size === 0) return []
    this.#touched = new Set()
    return Array.from(touched, (id) => ({
      key: sessionKey(id),
      record: this.#sessions.get(id),
      undo: () => void this.#touched.add(id),
    }))
  }

  /** Takes in what was read from a journal. */
  load(key: string, record: StoredRecord | undefined): void {
    const sessionId = sessionIdOf(key)
    if (sessionId === undefined) this.#memtable.set(key, (record as Token | undefined) ?? null)
    else this.#setSession(sessionId, record as Session | undefined)
  }

  /** Goes on with the snapshot that was made of `view`; what has not changed since leaves the memtable. */
  async adopt(snapshot: SnapshotFile, { changed }: View): Promise<void> {
    this.#snapshot?.close()
    this.#snapshot = snapshot
    const slice = new TimeSlice()
    for (const [hash, entry] of changed) {
      if (this.#memtable.get(hash) === entry) this.#memtable.set(hash, undefined)
      if (slice.isOver()) await slice.next()
    }
  }

  close(): void {
    this.#snapshot?.close()
  }

  #changeToken(hash: SecretHash, entry: Entry): void {
    const before = this.#memtable.get(hash)
    this.#memtable.set(hash, entry)
    this.#changes.push({ key: hash, record: entry ?? undefined, undo: () => this.#memtable.set(hash, before) })
  }

  #changeSession(id: string, session: Session | undefined): void {
    const before = this.#sessions.get(id)
    this.#setSession(id, session)
    this.#changes.push({ key: sessionKey(id), record: session, undo: () => this.#setSession(id, before) })
  }

  #setSession(id: string, session: Session | undefined): void {
    if (session) this.#sessions.set(id, session)
    else this.#sessions.delete(id)
  }
}

/** Undoes `changes`, the last one first. */
export function undoAll(changes: readonly Change[]): void {
  for (const change of changes.toReversed()) change.undo()
}
