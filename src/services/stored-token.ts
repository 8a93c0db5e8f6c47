import { parseCidr } from '../domain/address.ts'
import { AmsctlError } from '../domain/errors.ts'
import { parseNote } from '../domain/note.ts'
import { TOKEN_ID } from '../domain/secret.ts'
import { parseApp, parseStreamPattern } from '../domain/stream-id.ts'
import { KEPT_USES, TOKEN_TYPES, type Token, type TokenUse } from '../domain/token.ts'

const HASH = /^[0-9a-f]{64}$/
const SESSION_ID = /^ss_[0-9a-z]{12}$/
const PROTOCOL = /^[a-z-]{2,10}$/
const LONGEST_ADDRESS = 64

/**
 * A token as an export has it, which anybody may have written. Fields that it does not know are left out.
 * @throws BAD_VALUE
 */
export function readStoredToken(value: unknown): Token {
  if (typeof value !== 'object' || value === null) throw bad('a token is an object')
  const fields = value as Record<string, unknown>
  const { hash, id, type, ip, note } = fields
  if (typeof hash !== 'string' || !HASH.test(hash)) throw bad('hash must be a SHA-256 in lower-case hex')
  if (typeof id !== 'string' || !TOKEN_ID.test(id)) throw bad('id must be tk_ and 12 of 0-9 and a-z')
  const known = TOKEN_TYPES.find((candidate) => candidate === type)
  if (!known) throw bad(`type of ${id} must be publish or play`)
  const uses = Array.isArray(fields.lastUses) ? fields.lastUses.slice(-KEPT_USES) : []
  return {
    hash,
    id,
    app: parseApp(text(fields, 'app')),
    streamId: parseStreamPattern(text(fields, 'streamId')),
    type: known,
    expireDate: optional(fields, 'expireDate', Number.MIN_SAFE_INTEGER),
    notBefore: optional(fields, 'notBefore', Number.MIN_SAFE_INTEGER),
    uses: optional(fields, 'uses', 1),
    used: whole(fields, 'used', 0),
    ip: ip === null ? null : parseCidr(text(fields, 'ip')),
    maxSession: optional(fields, 'maxSession', 1),
    note: note === null ? null : parseNote(text(fields, 'note')),
    createdAt: whole(fields, 'createdAt', 0),
    revokedAt: optional(fields, 'revokedAt', 0),
    firstUse: fields.firstUse ? readUse(fields.firstUse) : null,
    lastUses: uses.map(readUse),
  }
}

function readUse(value: unknown): TokenUse {
  const fields = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>
  const { address, protocol, session } = fields
  if (typeof protocol !== 'string' || !PROTOCOL.test(protocol)) throw bad('a use names its protocol')
  if (typeof address === 'string' && address.length > LONGEST_ADDRESS) throw bad('a use has an address')
  return {
    at: whole(fields, 'at', 0),
    address: typeof address === 'string' ? address : null,
    protocol: protocol as TokenUse['protocol'],
    streamId: text(fields, 'streamId'),
    session: typeof session === 'string' && SESSION_ID.test(session) ? session : null,
  }
}

function text(fields: Record<string, unknown>, name: string): string {
  const value = fields[name]
  if (typeof value === 'string') return value
  throw bad(`${name} must be text`)
}

function whole(fields: Record<string, unknown>, name: string, least: number): number {
  const value = fields[name]
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value
  throw bad(`${name} must be a whole number from ${least}`)
}

/** Null means no limit, so what is missing does not. */
function optional(fields: Record<string, unknown>, name: string, least: number): number | null {
  return fields[name] === null ? null : whole(fields, name, least)
}

function bad(what: string): AmsctlError {
  return new AmsctlError('BAD_VALUE', what)
}
