import type { AuthenticateApiKey } from '../server/rest/access.ts'
import type { Services } from '../services/administration.ts'
import type { Refusals } from '../services/refusals.ts'

/** Finds the API key that a REST caller shows; a wrong one counts as a guess of its address. */
export function guardApiKeys({ apiKeys }: Services, refusals: Refusals): AuthenticateApiKey {
  return async (secret, address) => {
    const key = apiKeys.find(secret)
    if (key) return { id: key.id }
    const tooMany = await refusals.guessKey(address, secret)
    return tooMany ?? { ok: false, code: 'ACCESS_DENIED', message: 'unknown API key; see amsctl apikey list' }
  }
}
