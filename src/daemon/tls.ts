import { readFile } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import { AmsctlError } from '../domain/errors.ts'

export interface TlsFiles {
  /** Path of the PEM certificate chain. */
  readonly cert: string
  /** Path of its PEM private key. */
  readonly key: string
}

export interface TlsMaterial {
  readonly cert: string
  readonly key: string
}

/** Reads certificate and key and makes sure that they belong together; TLS_UNUSABLE names the file and why. */
export async function loadTls(files: TlsFiles): Promise<TlsMaterial> {
  const [cert, key] = await Promise.all([readPem(files.cert), readPem(files.key)])
  try {
    createSecureContext({ cert, key })
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new AmsctlError('TLS_UNUSABLE', `${files.cert} and ${files.key} cannot be used: ${reason}`, { cause })
  }
  return { cert, key }
}

async function readPem(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new AmsctlError('TLS_UNUSABLE', `cannot read ${path}: ${reason}`, { cause })
  }
}
