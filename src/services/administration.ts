import { isAbsolute } from 'node:path'
import type { AccessRequest, Verdict } from '../domain/access.ts'
import { canonicalAddress } from '../domain/address.ts'
import type { AuditEntry } from '../domain/audit.ts'
import { AmsctlError } from '../domain/errors.ts'
import { parseRecordingFile } from '../domain/recording.ts'
import { parseApp, parseStreamId } from '../domain/stream-id.ts'
import { type Protocol, type Token, viewToken } from '../domain/token.ts'
import { administerAccounts } from './accounts.ts'
import type { ApiKeys } from './api-keys.ts'
import type { Audit } from './audit.ts'
import type { Gate } from './gate.ts'
import type { Logins } from './logins.ts'
import type { StoreOperations, TokenQuestion, VerdictView } from './operations.ts'
import type { Clock, RecordingArchive, Store } from './ports.ts'
import type { Sessions } from './sessions.ts'
import type { Settings } from './settings.ts'
import type { Tokens } from './tokens.ts'
import type { Users } from './users.ts'

export interface Services {
  readonly tokens: Tokens
  readonly gate: Gate
  readonly sessions: Sessions
  readonly settings: Settings
  readonly apiKeys: ApiKeys
  readonly users: Users
  readonly logins: Logins
  readonly recordings: RecordingArchive
  readonly audit: Audit
  readonly clock: Clock
  /** Undefined: the store is backed up where it is kept. */
  readonly backUp?: NonNullable<Store['backUp']>
}

/** Who asks for an operation, for the audit. */
export interface Actor {
  /** `cli`, `rest`, `user:NAME`, or the public id of an API key. */
  readonly by: string
  readonly protocol: Protocol
  readonly address: string | null
}

/** The operations on a store, done in the name of `actor`. */
export function administer(services: Services, actor: Actor): StoreOperations {
  const { tokens, gate, sessions, settings, recordings, audit, clock } = services

  /** The verdict for an administrator, who may know by whom a token was used. */
  async function view(verdict: Verdict, { ip }: TokenQuestion): Promise<VerdictView> {
    if (verdict.ok) {
      const token = viewToken(verdict.token, clock.now())
      const unjudged = token.ip !== null && ip === null ? `; bound to ${token.ip}, not judged without an address` : ''
      return { valid: true, code: 'OK', message: `valid${unjudged}`, id: token.id, token }
    }
    const { code, message, tokenId } = verdict
    const token = tokenId === null ? null : await tokens.show(tokenId)
    const user = code === 'TOKEN_USED' && token?.lastUse?.address ? ` by ${token.lastUse.address}` : ''
    return { valid: false, code, message: `${message}${user}`, id: tokenId, token }
  }

  function record(fact: Omit<AuditEntry, 'at' | 'by' | 'address'>): void {
    audit.record({ by: actor.by, address: actor.address, ...fact })
  }

  return {
    async createTokens(order) {
      const minted = await tokens.create(order)
      for (const { id, app, streamId, type } of minted) record({ event: 'mint', tokenId: id, app, streamId, type })
      return minted
    },

    listTokens: (filter) => tokens.list(filter),
    inspectTokens: () => tokens.inspect(),
    exportTokens: (order) => tokens.export(order),

    async importTokens(order) {
      const imported = await tokens.import(order)
      for (const { id, app, streamId, type } of imported) record({ event: 'mint', tokenId: id, app, streamId, type })
      return { imported: imported.length }
    },

    async backUpStore({ directory }) {
      if (!services.backUp) {
        throw new AmsctlError('BAD_VALUE', 'this store is shared; back it up where it is kept, as Redis says')
      }
      if (!isAbsolute(directory)) throw new AmsctlError('BAD_VALUE', 'name a backup by its whole path')
      await services.backUp(directory)
      return { directory }
    },

    showToken: (ref) => tokens.show(ref),

    async verifyToken(question) {
      return view(await gate.judge(ask(question, actor)), question)
    },

    async redeemToken(question) {
      return view(await gate.redeem(ask(question, actor)), question)
    },

    async revokeTokens(selection) {
      const report = {
        revoked: [] as string[],
        already: [] as string[],
        missing: [] as string[],
        globs: [] as string[],
      }
      let ended = 0
      for await (const { revoked, already, missing, globs } of tokens.revoke(selection)) {
        ended += sessions.endOfTokens([...revoked, ...already].map(hashOf), 'revoked')
        for (const { id, app, streamId, type } of revoked) record({ event: 'revoke', tokenId: id, app, streamId, type })
        report.revoked.push(...revoked.map(idOf))
        report.already.push(...already.map(idOf))
        report.missing.push(...missing)
        report.globs.push(...globs.map(idOf))
      }
      return { ...report, sessions: ended }
    },

    async pruneTokens({ older }) {
      const pruned = await tokens.prune(older)
      record({ event: 'prune', message: `${pruned} tokens` })
      return { pruned }
    },

    showSettings: async () => settings.show(),

    async setSetting({ name, value }) {
      const view = await settings.set(name, value)
      record({ event: 'setting', message: `${view.name}=${view.value}` })
      return view
    },

    async setTokenControl({ enable, types, kick }) {
      await settings.setTokenControl(types, enable)
      for (const type of types) record({ event: 'setting', message: `token-control-${type}=${enable ? 'on' : 'off'}` })
      const kicked = enable && kick
      const connections = kicked ? sessions.endOpenOnes(types) : sessions.openOnes(types)
      return {
        tokenControl: { publish: settings.controls('publish'), play: settings.controls('play') },
        connections,
        kicked,
      }
    },

    ...administerAccounts(services, record),

    listRecordings: () => recordings.list(),

    async deleteRecording({ app, file }) {
      const deleted = await recordings.remove(parseApp(app), parseRecordingFile(file))
      record({ event: 'recording-delete', app, streamId: deleted.streamId, message: file })
      return deleted
    },
  }
}

function ask(question: TokenQuestion, actor: Actor): AccessRequest {
  return {
    app: parseApp(question.app),
    streamId: parseStreamId(question.streamId),
    type: question.type,
    protocol: actor.protocol,
    address: question.ip === null ? null : canonicalAddress(question.ip),
    userAgent: null,
    credential: { kind: 'token', secret: question.token },
  }
}

const hashOf = ({ hash }: Token) => hash
const idOf = ({ id }: Token) => id
