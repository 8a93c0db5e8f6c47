import type { HlsLibrary, HlsStream, PlaylistRequest } from '../../src/media/hls/ports.ts'

/** HLS whose playlists and files are what the test says; a stream that the test did not add is not there. */
export class FakeHls implements HlsLibrary {
  readonly #streams = new Map<string, FakeHlsStream>()
  /** How often somebody looked for a stream. */
  looks = 0

  find(app: string, streamId: string): HlsStream | undefined {
    this.looks++
    return this.#streams.get(`${app}/${streamId}`)
  }

  add(streamId = 'cam', app = 'LiveApp'): FakeHlsStream {
    const stream = new FakeHlsStream(streamId)
    this.#streams.set(`${app}/${streamId}`, stream)
    return stream
  }

  remove(streamId = 'cam', app = 'LiveApp'): void {
    this.#streams.delete(`${app}/${streamId}`)
  }
}

export class FakeHlsStream implements HlsStream {
  readonly files = new Map([
    ['init-1.mp4', Buffer.from('the init segment')],
    ['seg-1.m4s', Buffer.from('the first segment')],
    ['part-1-0.m4s', Buffer.from('a part')],
  ])
  readonly requests: PlaylistRequest[] = []
  /** How many requests are waiting for media now. */
  waiting = 0
  ready: HlsStream['ready'] = async () => true
  readonly #streamId: string

  constructor(streamId: string) {
    this.#streamId = streamId
  }

  master(query: string): string {
    return `#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n${this.#streamId}/live.m3u8${query}\n`
  }

  /** Sequence number 2 is yet to come, 9 is too far ahead. */
  async playlist(request: PlaylistRequest, signal: AbortSignal): Promise<string | 'bad-request'> {
    this.requests.push(request)
    if (request.msn === 9) return 'bad-request'
    if (request.msn === 2) await this.#until(signal)
    return `#EXTM3U\n#EXT-X-MAP:URI="init-1.mp4${request.query}"\nseg-1.m4s${request.query}\n`
  }

  /** `part-2-0.m4s` is yet to come. */
  async file(name: string, signal: AbortSignal): Promise<Buffer | undefined> {
    if (name === 'part-2-0.m4s') await this.#until(signal)
    return this.files.get(name)
  }

  async #until(signal: AbortSignal): Promise<void> {
    this.waiting++
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve))
    this.waiting--
  }
}
