import https from 'node:https'
import { AmsctlError } from '../../domain/errors.ts'
import { SERVER_LIMITS } from './limits.ts'

/** Certificate chain and key, PEM. */
export interface TlsMaterial {
  readonly cert: string | Buffer
  readonly key: string | Buffer
}

/** TLS_UNUSABLE where certificate and key do not serve. */
export function createTlsServer(tls: TlsMaterial): https.Server {
  return explained(() =>
    https.createServer({ ...SERVER_LIMITS, ...tls, handshakeTimeout: SERVER_LIMITS.headersTimeout }),
  )
}

/** Takes another certificate for new connections; TLS_UNUSABLE leaves the old one in force. */
export function replaceTls(server: https.Server, tls: TlsMaterial): void {
  explained(() => server.setSecureContext({ ...tls }))
}

function explained<T>(use: () => T): T {
  try {
    return use()
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new AmsctlError('TLS_UNUSABLE', `the TLS certificate or key cannot be used: ${reason}`, { cause })
  }
}
