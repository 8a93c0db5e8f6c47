// `node store-process.js DIRECTORY`: opens the built store, mints and spends once, and says what that took.
import { createHash, randomBytes } from 'node:crypto'
import { openStore } from '../../dist/store/open.js'

const now = () => Math.floor(Date.now() / 1000)
const [, , directory] = process.argv
const before = process.memoryUsage.rss()
const started = performance.now()
const store = await openStore(directory, { now })
const opened = performance.now() - started
const hash = createHash('sha256').update(randomBytes(16)).digest('hex')
const token = { hash, id: `tk_${randomBytes(6).toString('hex')}`, app: 'LiveApp', streamId: 'cam', type: 'play' }
const open = { expireDate: null, notBefore: null, uses: 1, used: 0, ip: null, maxSession: null, note: null }
await store.tokens.add([{ ...token, ...open, createdAt: now(), revokedAt: null, firstUse: null, lastUses: [] }])
const use = { at: now(), address: null, protocol: 'cli', streamId: 'cam', session: null }
await store.tokens.spend(hash, 'bench', use, null)
const spent = performance.now() - started
const memory = (process.memoryUsage.rss() - before) / 2 ** 20
await store.close()
process.stdout.write(JSON.stringify({ opened, spent, memory }))
