import { once } from 'node:events'
import type { Server } from 'node:net'
import { AmsctlError } from '../../domain/errors.ts'
import type { Listener } from '../../services/daemon-operations.ts'

/** Listens and tells the real address. PORT_TAKEN; BAD_VALUE for an address that is not to be had. */
export async function listen(server: Server, { host, port }: Listener): Promise<Listener> {
  try {
    server.listen({ host, port })
    await once(server, 'listening')
  } catch (cause) {
    throw explain(cause, `${host}:${port}`)
  }
  const bound = server.address()
  return bound !== null && typeof bound === 'object' ? { host: bound.address, port: bound.port } : { host, port }
}

function explain(cause: unknown, where: string): AmsctlError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  if (code === 'EADDRINUSE') {
    return new AmsctlError('PORT_TAKEN', `cannot listen on ${where}: another program does`, { cause })
  }
  return new AmsctlError('BAD_VALUE', `cannot listen on ${where}: ${code ?? cause}`, { cause })
}
