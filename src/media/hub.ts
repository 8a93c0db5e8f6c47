import type { Milliseconds, Seconds } from '../domain/units.ts'
import { Broadcast, type Source } from './broadcast.ts'
import type { LiveStream, MediaHub, MediaPacket, Publication } from './ports.ts'
import type { Transcoding } from './transcode/ports.ts'

/** More lost publishers than this are not waited for; the one lost first gives way. */
const MOST_WAITING = 1000
/** 24 days; a timer set for longer would go off at once. */
const LONGEST_GRACE: Seconds = 2_147_483

export interface HubOptions {
  /** How late gathering packets into one write may make them; 0: not at all. Large audiences take longer. */
  readonly latency?: Milliseconds
  /** How long viewers stay when a publisher is lost; asked each time. */
  readonly publisherGrace: () => Seconds
  /** Makes AAC of Opus for players of FLV and RTMP, who see pictures only without it. */
  readonly transcoding?: Transcoding | undefined
}

export interface StreamInfo {
  readonly app: string
  readonly streamId: string
  readonly state: 'live' | 'waiting'
  readonly protocol: string
  readonly address: string
  /** Milliseconds since 1970. */
  readonly since: Milliseconds
  readonly videoCodec: string | null
  readonly audioCodec: string | null
  /** Received from the publishers. */
  readonly bytes: number
  /** Bits a second over the last seconds. */
  readonly bitrate: number
  readonly viewers: number
}

/** Hears of every stream that begins, before its first packet; not of one that goes on with another publisher. */
export type StartListener = (stream: { readonly app: string; readonly streamId: string }, live: LiveStream) => void

export interface Hub extends MediaHub {
  onStart(listener: StartListener): void
  list(): StreamInfo[]
  /** Ends every stream and takes no more publishers; idempotent. */
  close(): void
}

/** What is known under one name. At least one of the two is there. */
interface Place {
  readonly app: string
  readonly streamId: string
  publication: NamedPublication | undefined
  broadcast: Broadcast | undefined
  graceTimer: NodeJS.Timeout | undefined
}

export function createHub(options: HubOptions): Hub {
  return new StreamHub(options)
}

class StreamHub implements Hub {
  readonly #places = new Map<string, Place>()
  /** In the order in which their publishers were lost. */
  readonly #waiting = new Set<Place>()
  readonly #latency: Milliseconds
  readonly #publisherGrace: () => Seconds
  readonly #transcoding: Transcoding | undefined
  readonly #listeners: StartListener[] = []
  #closed = false

  constructor(options: HubOptions) {
    this.#latency = options.latency ?? 50
    this.#publisherGrace = options.publisherGrace
    this.#transcoding = options.transcoding
  }

  claim(app: string, streamId: string): Publication | undefined {
    const place = this.#places.get(nameOf(app, streamId))
    if (this.#closed || place?.publication) return undefined
    const taken = place ?? { app, streamId, publication: undefined, broadcast: undefined, graceTimer: undefined }
    this.#places.set(nameOf(app, streamId), taken)
    taken.publication = new NamedPublication({
      start: (source) => this.#start(taken, source),
      leave: (clean) => this.#leave(taken, clean),
    })
    return taken.publication
  }

  find(app: string, streamId: string): LiveStream | undefined {
    return this.#places.get(nameOf(app, streamId))?.broadcast
  }

  onStart(listener: StartListener): void {
    this.#listeners.push(listener)
  }

  list(): StreamInfo[] {
    return [...this.#places.values()].flatMap(({ app, streamId, broadcast }) => {
      if (!broadcast) return []
      const { source, startedAt, videoCodec, audioCodec, bytes, bitrate, viewers } = broadcast
      const state = this.#isWaiting(app, streamId) ? 'waiting' : 'live'
      return { app, streamId, state, ...source, since: startedAt, videoCodec, audioCodec, bytes, bitrate, viewers }
    })
  }

  close(): void {
    this.#closed = true
    for (const place of [...this.#places.values()]) this.#end(place)
  }

  #isWaiting(app: string, streamId: string): boolean {
    const place = this.#places.get(nameOf(app, streamId))
    return place !== undefined && this.#waiting.has(place)
  }

  #start(place: Place, source: Source): Broadcast {
    this.#stopWaiting(place)
    if (place.broadcast) {
      place.broadcast.resume(source)
      return place.broadcast
    }
    const broadcast = new Broadcast(source, { latency: this.#latency, transcoding: this.#transcoding })
    place.broadcast = broadcast
    for (const listener of this.#listeners) listener({ app: place.app, streamId: place.streamId }, broadcast)
    return broadcast
  }

  #leave(place: Place, clean: boolean): void {
    place.publication = undefined
    const grace = Math.min(this.#publisherGrace(), LONGEST_GRACE)
    if (!place.broadcast) this.#forgetIfEmpty(place)
    else if (this.#waiting.has(place)) return
    else if (clean || grace === 0) this.#end(place)
    else this.#wait(place, place.broadcast, grace)
  }

  #wait(place: Place, broadcast: Broadcast, grace: Seconds): void {
    broadcast.pause()
    place.graceTimer = setTimeout(() => this.#endStream(place), grace * 1000).unref()
    this.#waiting.add(place)
    const [first] = this.#waiting
    if (first && this.#waiting.size > MOST_WAITING) this.#endStream(first)
  }

  #stopWaiting(place: Place): void {
    clearTimeout(place.graceTimer)
    this.#waiting.delete(place)
  }

  /** Ends the stream; a publisher who has the name but has not started keeps it. */
  #endStream(place: Place): void {
    this.#stopWaiting(place)
    const { broadcast } = place
    place.broadcast = undefined
    this.#forgetIfEmpty(place)
    broadcast?.end()
  }

  #end(place: Place): void {
    place.publication?.invalidate()
    place.publication = undefined
    this.#endStream(place)
  }

  #forgetIfEmpty(place: Place): void {
    if (!place.publication && !place.broadcast) this.#places.delete(nameOf(place.app, place.streamId))
  }
}

interface PublicationOwner {
  start(source: Source): Broadcast
  leave(clean: boolean): void
}

class NamedPublication implements Publication {
  readonly #owner: PublicationOwner
  #broadcast: Broadcast | undefined
  #over = false

  constructor(owner: PublicationOwner) {
    this.#owner = owner
  }

  get over(): boolean {
    return this.#over
  }

  start(source: Source): void {
    if (this.#over) return
    this.#broadcast = this.#owner.start({ protocol: source.protocol, address: source.address })
  }

  push(packet: MediaPacket): void {
    if (this.#over) return
    if (!this.#broadcast) throw new Error('packet before start of the publication')
    this.#broadcast.push(packet)
  }

  onKeyFrameWanted(ask: () => void): void {
    if (!this.#over && this.#broadcast) this.#broadcast.askForKeyFrame = ask
  }

  end(): void {
    this.#leave(true)
  }

  lose(): void {
    this.#leave(false)
  }

  release(): void {
    this.#leave(false)
  }

  /** The hub has closed under it. */
  invalidate(): void {
    this.#over = true
  }

  #leave(clean: boolean): void {
    if (this.#over) return
    this.#over = true
    this.#owner.leave(clean)
  }
}

/** Neither part can hold a slash. */
function nameOf(app: string, streamId: string): string {
  return `${app}/${streamId}`
}
