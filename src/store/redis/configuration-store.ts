import { AmsctlError } from '../../domain/errors.ts'
import type { Configuration, ConfigurationStore } from '../../services/ports.ts'
import { readConfiguration } from '../configuration-codec.ts'
import { SCHEMA_VERSION } from '../schema.ts'
import type { RedisContext } from './context.ts'
import { CONFIGURATION } from './keys.ts'

type Fields = ReadonlyMap<string, string>

/** Whoever changes users must know of all of them: who is the first one, and who is the last admin. */
const USERS_REVISION = 'users'

/** The users that writes build on. Once such a write has failed, those after it that saw it as done build on nothing. */
interface Basis {
  revision: number
  isBroken: boolean
}

/** The configuration as a Redis hash: a field for each setting, API key and user, so that only what changed is written. */
export class RedisConfigurationStore implements ConfigurationStore {
  readonly #context: Pick<RedisContext, 'client' | 'events' | 'node'>
  #current: Configuration = { settings: {}, apiKeys: [] }
  /** What the users of `#current` are, which a reload before the turn of a write does not change. */
  #basis: Basis = { revision: 0, isBroken: false }
  /** What the server holds, as far as it is known here. */
  #stored: Fields = new Map()
  #last: Promise<void> = Promise.resolve()
  #writes = 0

  constructor(context: Pick<RedisContext, 'client' | 'events' | 'node'>) {
    this.#context = context
  }

  get current(): Configuration {
    return this.#current
  }

  /** `current` is `next` at once, so that whoever changes it next builds on it; a write that fails takes it back. */
  write(next: Configuration): Promise<void> {
    const changes = changesBetween(fieldsOf(this.#current), fieldsOf(next))
    const basis = this.#basis
    this.#current = next
    this.#writes++
    return this.#inTurn(async () => {
      try {
        await this.#apply(changes, basis)
      } finally {
        this.#writes--
        await this.#read().catch(() => undefined)
        if (this.#writes === 0) this.#adopt()
      }
    })
  }

  reload(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#read()
      if (this.#writes === 0) this.#adopt()
      else this.#parse()
    })
  }

  async #apply({ set, gone }: Changes, basis: Basis): Promise<void> {
    const { client, events, node } = this.#context
    const message = JSON.stringify({ kind: 'configuration', node })
    const changed = [gone.length, ...gone, ...[...set].flat(), 'v', SCHEMA_VERSION]
    const configure = (revision: number | '') =>
      client.run('amsctlConfigure', [CONFIGURATION], [revision, events, message, ...changed])
    const touchesUsers = [...gone, ...set.keys()].some((field) => field.startsWith('u:'))
    if (!touchesUsers) return void (await configure(''))
    if (basis.isBroken) throw usersChanged()
    // Until it is known to be done.
    basis.isBroken = true
    if ((await configure(basis.revision)) !== 1) throw usersChanged()
    basis.revision++
    basis.isBroken = false
  }

  #adopt(): void {
    this.#current = this.#parse()
    this.#basis = { revision: Number(this.#stored.get(USERS_REVISION) ?? 0), isBroken: false }
  }

  async #read(): Promise<void> {
    this.#stored = new Map(Object.entries(await this.#context.client.ask((redis) => redis.hgetall(CONFIGURATION))))
  }

  #parse(): Configuration {
    if (this.#stored.size === 0) return { settings: {}, apiKeys: [] }
    const fields = [...this.#stored]
    const values = (prefix: string) =>
      fields.filter(([name]) => name.startsWith(prefix)).map(([, text]) => JSON.parse(text))
    const settings = fields.filter(([name]) => name.startsWith('s:')).map(([name, text]) => [name.slice(2), text])
    const users = values('u:').sort(byAge)
    const text = JSON.stringify({
      v: Number(this.#stored.get('v')),
      settings: Object.fromEntries(settings),
      apiKeys: values('k:').sort(byAge),
      ...(users.length > 0 && { users }),
    })
    return readConfiguration(`${this.#context.client.name} ${CONFIGURATION}`, text)
  }

  #inTurn(task: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(task)
    // Its caller hears of a failure; who comes next only waits for the end.
    this.#last = turn.catch(() => undefined)
    return turn
  }
}

function usersChanged(): AmsctlError {
  return new AmsctlError('STORE_FAILED', 'users were changed on another machine at the same moment; try again')
}

interface Changes {
  readonly set: Fields
  readonly gone: readonly string[]
}

function changesBetween(before: Fields, after: Fields): Changes {
  return {
    set: new Map([...after].filter(([name, text]) => before.get(name) !== text)),
    gone: [...before.keys()].filter((name) => !after.has(name)),
  }
}

function fieldsOf({ settings, apiKeys, users = [] }: Configuration): Fields {
  return new Map([
    ...Object.entries(settings).map(([name, text]) => [`s:${name}`, text] as const),
    ...apiKeys.map((key) => [`k:${key.id}`, JSON.stringify(key)] as const),
    ...users.map((user) => [`u:${user.id}`, JSON.stringify(user)] as const),
  ])
}

function byAge(a: { createdAt: number; id: string }, b: { createdAt: number; id: string }): number {
  return a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1)
}
