import { AUDIT_EVENTS } from '../../domain/audit.ts'
import { TOKEN_STATES, TOKEN_TYPES } from '../../domain/token.ts'
import { ROLES } from '../../domain/user.ts'
import type { DaemonOperations } from '../../services/daemon-operations.ts'
import { mintWithUrls, type PanelCaller, previewStream } from './minting.ts'
import {
  type Fields,
  fields,
  flag,
  list,
  nullable,
  oneOf,
  optional,
  or,
  type Reader,
  readFields,
  text,
  whole,
} from './readers.ts'

/** One operation that the panel can call. */
export interface PanelOperation {
  /** Whether a viewer may call it. */
  readonly reading: boolean
  /** Reads the body strictly, then does it. */
  run(operations: DaemonOperations, body: unknown, caller: PanelCaller): Promise<unknown>
}

type Shape = Readonly<Record<string, Reader<unknown>>>
type Run<S extends Shape> = (operations: DaemonOperations, params: Fields<S>, caller: PanelCaller) => Promise<unknown>

const look = <const S extends Shape>(shape: S, run: Run<S>) => define(true, shape, run)
const change = <const S extends Shape>(shape: S, run: Run<S>) => define(false, shape, run)

function define<S extends Shape>(reading: boolean, shape: S, run: Run<S>): PanelOperation {
  return { reading, run: async (operations, body, caller) => run(operations, readFields(body, shape), caller) }
}

const MOST_AT_ONCE = 1000
const LAST_SECOND = 253_402_300_799
const NEVER_SO_LONG = 4_000_000_000

const name = text(128)
const secret = text(256)
const type = oneOf(TOKEN_TYPES)
const moment = optional(nullable(whole(0, LAST_SECOND)))
const span = whole(0, NEVER_SO_LONG)
const stream = { app: name, streamId: name }
const question = { ...stream, token: secret, type, ip: or(nullable(text(64)), null) }

/** Every operation of the panel, by its name in the address. */
export const PANEL_OPERATIONS: Readonly<Record<string, PanelOperation>> = {
  createTokens: change(
    {
      ...stream,
      type,
      expireDate: moment,
      notBefore: moment,
      uses: optional(nullable(whole(1, 1_000_000))),
      ip: optional(nullable(text(64))),
      maxSession: optional(nullable(span)),
      note: optional(nullable(text(256))),
      count: optional(whole(1, MOST_AT_ONCE)),
    },
    (operations, order, caller) => mintWithUrls(operations, order, caller),
  ),
  listTokens: look(
    {
      app: optional(name),
      streamId: optional(name),
      type: optional(type),
      state: optional(oneOf(TOKEN_STATES)),
      expiresWithin: optional(span),
      text: optional(text(256)),
      sort: optional(oneOf(['created', 'newest', 'expires', 'stream'])),
      limit: or(whole(0, MOST_AT_ONCE), MOST_AT_ONCE),
      offset: optional(whole(0, 100_000_000)),
    },
    (operations, filter) => operations.listTokens(filter),
  ),
  showToken: look({ ref: secret }, (operations, { ref }) => operations.showToken(ref)),
  verifyToken: look(question, (operations, asked) => operations.verifyToken(asked)),
  redeemToken: change(question, (operations, asked) => operations.redeemToken(asked)),
  revokeTokens: change(
    {
      refs: optional(list(secret, MOST_AT_ONCE)),
      stream: optional(fields({ app: optional(name), streamId: name })),
      all: optional(flag),
    },
    (operations, selection) => operations.revokeTokens(selection),
  ),
  pruneTokens: change({ older: span }, (operations, order) => operations.pruneTokens(order)),
  showSettings: look({}, (operations) => operations.showSettings()),
  setSetting: change({ name, value: text(4096) }, (operations, order) => operations.setSetting(order)),
  setTokenControl: change(
    { enable: flag, types: list(type, TOKEN_TYPES.length), kick: or(flag, false) },
    (operations, order) => operations.setTokenControl(order),
  ),
  createApiKey: change({ note: or(nullable(text(256)), null) }, (operations, order) => operations.createApiKey(order)),
  listApiKeys: look({}, (operations) => operations.listApiKeys()),
  revokeApiKey: change({ id: name }, (operations, { id }) => operations.revokeApiKey(id)),
  listUsers: look({}, (operations) => operations.listUsers()),
  createUser: change({ name, password: text(1024), role: oneOf(ROLES) }, (operations, order) =>
    operations.createUser(order),
  ),
  deleteUser: change({ name }, (operations, order) => operations.deleteUser(order)),
  changeRole: change({ name, role: oneOf(ROLES) }, (operations, order) => operations.changeRole(order)),
  changePassword: change({ name, password: text(1024) }, (operations, order) => operations.changePassword(order)),
  listRecordings: look({}, (operations) => operations.listRecordings()),
  deleteRecording: change({ app: name, file: text(160) }, (operations, order) => operations.deleteRecording(order)),
  status: look({}, (operations) => operations.status()),
  listStreams: look({}, (operations) => operations.listStreams()),
  startRecording: change(stream, (operations, order) => operations.startRecording(order)),
  stopRecording: change(stream, (operations, order) => operations.stopRecording(order)),
  endStream: change(stream, (operations, order) => operations.endStream(order)),
  preview: look(stream, (operations, order, caller) => previewStream(operations, order, caller)),
  listSessions: look({}, (operations) => operations.listSessions()),
  kickSession: change({ id: name, revoke: or(flag, false) }, (operations, order) => operations.kickSession(order)),
  recentAudit: look(
    {
      limit: or(whole(1, MOST_AT_ONCE), 200),
      events: optional(list(oneOf(AUDIT_EVENTS), AUDIT_EVENTS.length)),
      streamId: optional(name),
      text: optional(text(256)),
      before: optional(text(16_384)),
    },
    (operations, query) => operations.recentAudit(query),
  ),
}
