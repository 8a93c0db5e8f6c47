import { randomUUID } from 'node:crypto'
import { AmsctlError } from '../../domain/errors.ts'
import type { Milliseconds, Seconds } from '../../domain/units.ts'
import type { NodeEvent, NodeListener, Nodes } from '../../services/nodes.ts'
import type { RedisContext } from './context.ts'
import { NODES } from './keys.ts'
import type { RedisSessionStore } from './session-store.ts'

/** A node that was not heard of for so long is down. */
const SILENCE: Seconds = 15
const BEAT: Milliseconds = 5000
const CATCH_UP: Milliseconds = 30_000
const ANSWER: Milliseconds = 3000
/** For how long one node has the sessions of another that is down to itself, to inherit them. */
const INHERITING: Seconds = 30
/** Where the server was away nobody could be heard of: for so long after that, silence says nothing. */
const LISTENING: Milliseconds = (SILENCE + 2) * 1000

type Up = readonly [up: readonly string[], left: readonly string[], silent: readonly string[]]

type Message =
  | { readonly asks: string; readonly from: string; readonly question: unknown }
  | { readonly answers: string; readonly answer: unknown }

/** Nodes that hear of each other over Redis: events on one channel, questions on a channel for each node. */
export class RedisNodes implements Nodes {
  readonly name: string
  readonly #context: RedisContext
  readonly #sessions: RedisSessionStore
  readonly #channelOf: (node: string) => string
  readonly #asked = new Map<string, (answer: unknown) => void>()
  #listener: NodeListener | undefined
  #stop: (() => void)[] = []
  /** Since when this node could have heard of the others. */
  #listensSince = performance.now()

  constructor(name: string, context: RedisContext, sessions: RedisSessionStore) {
    this.name = name
    this.#context = context
    this.#sessions = sessions
    this.#channelOf = (node) => `${context.events}:${node}`
  }

  /** Two with one name would take each other's sessions for their own. */
  async refuseTwin(): Promise<void> {
    const { client } = this.#context
    const channel = this.#channelOf(this.name)
    const [, listeners] = (await client.ask((redis) => redis.pubsub('NUMSUB', channel))) as [string, number]
    const up = await nodesUp(this.#context)
    if (Number(listeners) === 0 || !up.includes(this.name)) return
    const message = `a daemon called ${this.name} is up on ${client.name} already; choose another name with --node`
    throw new AmsctlError('DAEMON_RUNNING', message)
  }

  async join(listener: NodeListener): Promise<void> {
    const { client, events } = this.#context
    await this.refuseTwin()
    this.#listener = listener
    const catchUp = () => {
      const told = this.#sessions.catchUp()
      void told.then(() => listener.catchUp()).catch(() => undefined)
    }
    client.onReady(() => {
      this.#listensSince = performance.now()
      // Events may have been heard again before anything could be asked.
      catchUp()
    })
    const channels = [events, this.#channelOf(this.name)]
    this.#stop.push(await client.subscribe(channels, (channel, text) => this.#read(channel, text), catchUp))
    // What was done between the reading of the store and now was told to nobody here.
    await listener.catchUp()
    await this.#beat()
    const beating = setInterval(() => void this.#beat().catch(() => undefined), BEAT).unref()
    const catching = setInterval(catchUp, CATCH_UP).unref()
    this.#stop.push(() => clearInterval(beating))
    this.#stop.push(() => clearInterval(catching))
  }

  async ask(question: unknown): Promise<readonly unknown[]> {
    const up = await nodesUp(this.#context)
    const others = up.filter((node) => node !== this.name)
    const answers = await Promise.all(others.map((node) => this.#askOne(node, question)))
    return answers.filter((answer) => answer !== undefined)
  }

  async leave(): Promise<void> {
    for (const stop of this.#stop) stop()
    if (this.#stop.length === 0) return
    this.#stop = []
    await this.#context.client.ask((redis) => redis.zadd(NODES, 'XX', 0, this.name)).catch(() => undefined)
  }

  async #beat(): Promise<void> {
    const answer = this.#context.client.run('amsctlBeat', [NODES], [this.name, SILENCE]) as Promise<Up>
    const [, left, silent] = await answer.catch((error) => {
      this.#listensSince = performance.now()
      throw error
    })
    const isSure = performance.now() - this.#listensSince >= LISTENING
    for (const node of isSure ? [...left, ...silent] : left) await this.#inherit(node)
  }

  async #inherit(node: string): Promise<void> {
    const { client } = this.#context
    const claim = `${NODES}:${node}`
    if ((await client.ask((redis) => redis.set(claim, this.name, 'EX', INHERITING, 'NX'))) === null) return
    const left = (await this.#sessions.everywhere()).filter((stored) => stored.node === node)
    this.#listener?.inherit(left.map(({ session }) => session))
    await client.ask((redis) => redis.zrem(NODES, node))
    await client.ask((redis) => redis.del(claim))
  }

  async #askOne(node: string, question: unknown): Promise<unknown> {
    const { client } = this.#context
    const asks = randomUUID()
    const text = JSON.stringify({ asks, from: this.name, question } satisfies Message)
    const answered = new Promise<unknown>((resolve) => {
      this.#asked.set(asks, resolve)
      setTimeout(resolve, ANSWER, undefined).unref()
    })
    try {
      const heard = await client.ask((redis) => redis.publish(this.#channelOf(node), text))
      return heard === 0 ? undefined : await answered
    } finally {
      this.#asked.delete(asks)
    }
  }

  #read(channel: string, text: string): void {
    const said = understand(text)
    if (said === null) return
    if (channel !== this.#context.events) {
      void this.#take(said as Message)
      return
    }
    const event = said as NodeEvent
    if (event.node !== this.name) this.#listener?.hear(event)
  }

  async #take(message: Message): Promise<void> {
    if ('answers' in message) {
      this.#asked.get(message.answers)?.(message.answer)
      return
    }
    const answer = await this.#listener?.answer(message.question).catch(() => undefined)
    if (answer === undefined) return
    const text = JSON.stringify({ answers: message.asks, answer } satisfies Message)
    const channel = this.#channelOf(message.from)
    await this.#context.client.ask((redis) => redis.publish(channel, text)).catch(() => undefined)
  }
}

/** Anybody who may publish can say anything on a channel; null: nothing that a node says. */
function understand(text: string): object | null {
  try {
    const said: unknown = JSON.parse(text)
    return typeof said === 'object' ? said : null
  } catch {
    return null
  }
}

/** The names of the nodes that were heard of lately. */
export async function nodesUp({ client }: RedisContext): Promise<readonly string[]> {
  const [up] = (await client.run('amsctlBeat', [NODES], ['', SILENCE])) as Up
  return up
}
