// Run in a process of its own, to be killed or held up: `node store-worker.js DIRECTORY JOB [ARGUMENT…]`, on the built
// store. What it prints has happened for certain: it writes to its output at once, and after the store has answered.
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { writeSync } from 'node:fs'
import { openStore } from '../../dist/store/open.js'

const [directory, job, ...args] = process.argv.slice(2)
const now = () => 1_800_000_000
const say = (...words) => writeSync(1, `${words.join(' ')}\n`)
const open = (options) => openStore(directory, { now, ...options })

function newToken() {
  const secret = randomBytes(16).toString('hex')
  return {
    hash: createHash('sha256').update(secret).digest('hex'),
    id: `tk_${secret.slice(0, 12)}`,
    app: 'LiveApp',
    streamId: 'cam',
    type: 'play',
    expireDate: null,
    notBefore: null,
    uses: 1,
    used: 0,
    ip: null,
    maxSession: null,
    note: 'ein Läufer, 走者',
    createdAt: now(),
    revokedAt: null,
    firstUse: null,
    lastUses: [],
  }
}

function sessionOf(hash, lastSeen) {
  return { id: `ss_${hash.slice(0, 12)}`, tokenHash: hash, since: now(), lastSeen }
}

function spend(store, hash, holder) {
  const session = sessionOf(hash, now())
  const use = { at: now(), address: '203.0.113.7', protocol: 'rest', streamId: 'cam', session: session.id }
  return store.tokens.spend(hash, holder, use, session)
}

/** Does `work` and says how that ended: `done` or `undone` before `key`. */
async function tell(done, undone, key, work) {
  try {
    await work()
    say(done, key)
    return true
  } catch (error) {
    if (error.code !== 'STORE_FAILED') throw error
    say(undone, key)
    return false
  }
}

/** Mints, spends, revokes and sets, telling what it is about to do and how it ended. */
async function churn(store, turn) {
  const token = newToken()
  const { hash } = token
  if (!(await tell('minted', 'unminted', hash, () => store.tokens.add([token])))) return
  if (turn % 3 === 0) return
  say('spending', hash)
  if (!(await tell('spent', 'unspent', hash, () => spend(store, hash, 'churn')))) return
  store.sessions.put(sessionOf(hash, now() + 1))
  if (turn % 6 === 1) {
    say('revoking', hash)
    await tell('revoked', 'unrevoked', hash, () => store.tokens.revoke([hash], now()))
  }
  if (turn % 10 === 1) {
    const settings = { 'guess-limit': String(turn) }
    await tell('set', 'unset', turn, () => store.configuration.write({ settings, apiKeys: [] }))
  }
}

const jobs = {
  /** So many lanes of churn at once, so many turns each. */
  async churn(lanes, turns, journalLimit) {
    const store = await open({ journalLimit: Number(journalLimit) })
    say('opened')
    const lane = async () => {
      for (let turn = 0; turn < Number(turns); turn++) await churn(store, turn)
    }
    await Promise.all(Array.from({ length: Number(lanes) }, lane))
    await store.close()
    say('closed')
  },

  /** So many mints at once, each a call of its own. */
  async mint(count) {
    const store = await open()
    await Promise.all(Array.from({ length: Number(count) }, () => store.tokens.add([newToken()])))
    say('minted', count)
    await store.close()
  },

  /** Spends one token, having waited for the store. */
  async spend(hash) {
    const store = await open({ wait: 30_000 })
    const answer = await spend(store, hash, String(process.pid))
    await store.close()
    say(answer.ok ? 'won' : answer.code)
  },

  /** Mints one token and tries to spend it until that works, so many times at most. */
  async persist(tries) {
    const store = await open()
    const token = newToken()
    await store.tokens.add([token])
    say('minted', token.hash)
    for (let n = 0; n < Number(tries); n++) {
      const answer = await spend(store, token.hash, `try ${n}`).catch((error) => error)
      say(answer.ok ? 'won' : answer.code, answer.message ?? '')
    }
    await store.close()
  },

  /** Mints until the store refuses. */
  async fill() {
    const store = await open()
    for (;;) {
      const token = newToken()
      try {
        await store.tokens.add([token])
      } catch (error) {
        say(error.code, error.message)
        say('known', (await store.tokens.findByHash(token.hash)) !== undefined)
        break
      }
      say('minted', token.hash)
    }
    await store.close()
  },

  /** Holds the store until it is killed, or told to end. */
  async hold() {
    const store = await open()
    const alive = setInterval(() => undefined, 60_000)
    say('opened')
    await once(process, 'SIGTERM')
    clearInterval(alive)
    await store.close()
  },
}

try {
  await jobs[job](...args)
} catch (error) {
  say('failed', error.code, error.message)
  process.exitCode = 1
}
