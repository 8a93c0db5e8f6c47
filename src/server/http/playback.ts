import type { Socket } from 'node:net'
import type { AccessRequest } from '../../domain/access.ts'
import type { EndReason } from '../../domain/session.ts'
import type { LiveStream, MediaHub, Seat, ViewerFormat } from '../../media/ports.ts'
import type { AccessControl, Admission, Connection } from '../../services/access-control.ts'
import type { Log } from '../../services/log.ts'
import { describeBug, type Failure, failureOf, refusalToFailure } from './error-response.ts'

/** Where one client waits to be let in, and how its protocol says yes, no and the end. */
export interface Door {
  readonly format: ViewerFormat
  readonly socket: Socket
  /** Says yes; from now on media may be written to the socket. */
  accept(): void
  /** Says no. Does nothing where the client is gone. */
  refuse(failure: Failure): void
  /** Ends a client that was accepted. */
  close(reason: EndReason | 'slow'): void
}

export const NOT_LIVE: Failure = { code: 'STREAM_NOT_LIVE', message: 'the stream is not live; the token is unspent' }
/** What a server that stops says to whoever comes now. */
export const STOPPING: Failure = { code: 'DAEMON_DOWN', message: 'the server is stopping; the token is unspent' }

interface Dependencies {
  readonly access: AccessControl
  readonly hub: MediaHub
  readonly log: Log
}

/** Lets viewers in, in the order that keeps every promise: judge, find the stream, spend, say yes, send media. */
export class Playback {
  readonly #access: AccessControl
  readonly #hub: MediaHub
  readonly #log: Log
  readonly #viewings = new Set<Viewing>()
  #closed = false

  constructor({ access, hub, log }: Dependencies) {
    this.#access = access
    this.#hub = hub
    this.#log = log
  }

  /** Never rejects. */
  async open(door: Door, request: AccessRequest): Promise<void> {
    try {
      const failure = await this.#admit(door, request)
      if (failure) door.refuse(failure)
    } catch (error) {
      this.#report(error)
      door.refuse(failureOf(error))
    }
  }

  /** What `open` would say, without spending: undefined for yes. Never rejects. */
  async probe(request: AccessRequest): Promise<Failure | undefined> {
    try {
      const answer = await this.#access.peek(request)
      if (!answer.ok) return refusalToFailure(answer)
      return this.#find(request) ? undefined : NOT_LIVE
    } catch (error) {
      this.#report(error)
      return failureOf(error)
    }
  }

  /** Ends every viewer and lets no more in. */
  close(): void {
    this.#closed = true
    for (const viewing of [...this.#viewings]) viewing.shutDown()
  }

  async #admit(door: Door, request: AccessRequest): Promise<Failure | undefined> {
    const attempt = await this.#access.reserve(request)
    if (!attempt.ok) return refusalToFailure(attempt)
    const obstacle = this.#obstacle(door, request)
    if (obstacle) {
      attempt.release()
      return obstacle
    }
    const viewing = new Viewing(door, (over) => this.#viewings.delete(over))
    const admission = await attempt.spend(viewing)
    if (!admission.ok) return refusalToFailure(admission)
    this.#viewings.add(viewing)
    // The stream may have ended while the spend was made durable.
    viewing.begin(admission, this.#find(request))
    return undefined
  }

  /** Why a client that may come in cannot be served. */
  #obstacle(door: Door, request: AccessRequest): Failure | undefined {
    if (this.#closed) return STOPPING
    return door.socket.writable && this.#find(request) ? undefined : NOT_LIVE
  }

  #find({ app, streamId }: AccessRequest): LiveStream | undefined {
    return this.#hub.find(app, streamId)
  }

  #report(error: unknown): void {
    const failure = failureOf(error)
    if (failure.code === 'INTERNAL') this.#log.error(describeBug(error), 'playback failed')
  }
}

/** One viewer from the spend until it is gone. */
class Viewing implements Connection {
  readonly #door: Door
  readonly #forget: (viewing: Viewing) => void
  #admission: Admission | undefined
  #seat: Seat | undefined
  #over = false

  constructor(door: Door, forget: (viewing: Viewing) => void) {
    this.#door = door
    this.#forget = forget
  }

  begin(admission: Admission, stream: LiveStream | undefined): void {
    const { socket, format } = this.#door
    this.#admission = admission
    // The gate has ended it, or the client has gone, while the spend was made durable.
    if (this.#over || !socket.writable) {
      this.#leave('lost')
      socket.destroy()
      return
    }
    socket.once('close', () => this.#leave('lost'))
    try {
      this.#door.accept()
      if (stream) this.#seat = stream.join({ format, socket, onEnd: (reason) => this.#end(reason) })
      else this.#end('stream-ended')
    } catch (error) {
      // A client that was told yes cannot be told no.
      socket.destroy()
      throw error
    }
  }

  /** Called by the gate: kicked, revoked, replaced. Before {@link begin} there is no viewer yet, and no yes follows. */
  close(reason: EndReason): void {
    const begun = this.#admission !== undefined
    this.#admission = undefined
    this.#leave('lost')
    if (begun) this.#door.close(reason)
  }

  bytes(): number {
    return this.#seat?.bytes ?? 0
  }

  /** The server stops; the session may be resumed at the next one. */
  shutDown(): void {
    this.#leave('lost')
    this.#door.close('shutdown')
  }

  #end(reason: 'stream-ended' | 'slow'): void {
    this.#leave(reason === 'slow' ? 'lost' : reason)
    this.#door.close(reason)
  }

  #leave(how: 'lost' | 'stream-ended'): void {
    if (this.#over) return
    this.#over = true
    this.#forget(this)
    this.#seat?.leave()
    this.#admission?.leave(how)
  }
}
