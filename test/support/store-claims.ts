import type { Session } from '../../src/domain/session.ts'
import type { Token } from '../../src/domain/token.ts'
import { openStore } from '../../src/store/open.ts'
import { NOW } from './tokens.ts'

interface Found {
  readonly token: Token | undefined
  readonly session: Session | undefined
}

/** What a word of the worker's promises of a token when its process is gone. */
const CLAIMS: Record<string, (found: Found) => boolean> = {
  minted: ({ token }) => token !== undefined && token.used === 0,
  unminted: ({ token }) => token === undefined,
  // Told to nobody: it may have happened, but then wholly.
  spending: ({ token, session }) => token !== undefined && (token.used === 1) === (session !== undefined),
  spent: ({ token, session }) => token?.used === 1 && session !== undefined,
  unspent: ({ token, session }) => token?.used === 0 && session === undefined,
  revoking: ({ token, session }) => token?.used === 1 && (token.revokedAt === null) === (session !== undefined),
  revoked: ({ token, session }) => token?.used === 1 && token.revokedAt === NOW && session === undefined,
  unrevoked: ({ token, session }) => token?.revokedAt === null && session !== undefined,
}

/** Opens the store and holds it to all that its workers printed; returns every promise that was broken. */
export async function brokenPromises(directory: string, output: string): Promise<string[]> {
  const store = await openStore(directory, { now: () => NOW, wait: 0 })
  try {
    const sessions = new Map((await store.sessions.all()).map((session) => [session.tokenHash, session]))
    const broken: string[] = []
    for (const [hash, word] of lastWords(output)) {
      const found = { token: await store.tokens.findByHash(hash), session: sessions.get(hash) }
      if (!CLAIMS[word]?.(found)) broken.push(`${word} ${hash}: ${JSON.stringify(found)}`)
    }
    if (/^set /m.test(output) && store.configuration.current.settings['guess-limit'] === undefined) broken.push('set')
    return broken
  } finally {
    await store.close()
  }
}

/** The last whole line about each token. */
function lastWords(output: string): Map<string, string> {
  const whole = output.slice(0, output.lastIndexOf('\n') + 1)
  return new Map(Array.from(whole.matchAll(/^(\w+) ([0-9a-f]{64})$/gm), ([, word = '', hash = '']) => [hash, word]))
}
