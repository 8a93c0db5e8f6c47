import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { onTestFinished } from 'vitest'

/** A UDP relay between one peer and the engine that loses packets of media, RTP and RTCP alike, once told to. */
export class LossyRelay {
  /** Of the media that came through, both ways. */
  lost = 0
  passed = 0
  /** 0 to 1. */
  loss = 0
  readonly #socket: Socket
  readonly #engine: number
  readonly #random: () => number
  #peer: RemoteInfo | undefined

  private constructor(socket: Socket, engine: number, seed: number) {
    this.#socket = socket
    this.#engine = engine
    this.#random = pseudoRandom(seed)
    socket.on('message', (data, from) => this.#pass(data, from))
  }

  /** To the engine at that port of the loopback; the same `seed` loses by the same sequence. */
  static async to(engine: number, seed: number): Promise<LossyRelay> {
    const socket = createSocket('udp4').bind(0, '127.0.0.1')
    await once(socket, 'listening')
    onTestFinished(() => void socket.close())
    return new LossyRelay(socket, engine, seed)
  }

  /** The one candidate that the peer is to know. */
  get candidate(): string {
    return `candidate:1 1 UDP 2122317823 127.0.0.1 ${this.#socket.address().port} typ host`
  }

  #pass(data: Buffer, from: RemoteInfo): void {
    if (from.port !== this.#engine) this.#peer = from
    const to = from.port === this.#engine ? this.#peer?.port : this.#engine
    if (to === undefined) return
    if (isMedia(data)) {
      if (this.#random() < this.loss) {
        this.lost++
        return
      }
      this.passed++
    }
    this.#socket.send(data, to, '127.0.0.1')
  }
}

/** RFC 7983, section 7. */
function isMedia(data: Buffer): boolean {
  const first = data[0] ?? 0
  return first >= 128 && first <= 191
}

/** Numbers from 0 to 1 of a linear congruential generator. */
function pseudoRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
