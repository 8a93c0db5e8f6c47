import type { AccessRequest } from '../../src/domain/access.ts'
import type { Token } from '../../src/domain/token.ts'

export const NOW = 1_800_000_000

export function aToken(changes: Partial<Token> = {}): Token {
  return {
    id: 'tk_000000000000',
    hash: '0'.repeat(64),
    app: 'LiveApp',
    streamId: 'cam',
    type: 'play',
    expireDate: NOW + 60,
    notBefore: null,
    uses: 1,
    used: 0,
    ip: null,
    maxSession: null,
    note: null,
    createdAt: NOW - 60,
    revokedAt: null,
    firstUse: null,
    lastUses: [],
    ...changes,
  }
}

export function aRequest(changes: Partial<AccessRequest> = {}): AccessRequest {
  return {
    app: 'LiveApp',
    streamId: 'cam',
    type: 'play',
    protocol: 'http-flv',
    address: '203.0.113.7',
    userAgent: null,
    credential: null,
    ...changes,
  }
}
