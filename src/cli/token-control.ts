import { TOKEN_TYPES, type TokenType } from '../domain/token.ts'
import type { TokenControlReport } from '../services/operations.ts'
import { tokenType } from './flags.ts'
import { plural } from './plural.ts'

export const directionFlag = tokenType({ summary: 'Only this direction (default: both).' })

export function directions(type: TokenType | undefined): readonly TokenType[] {
  return type === undefined ? TOKEN_TYPES : [type]
}

export function describeControl({ tokenControl }: Pick<TokenControlReport, 'tokenControl'>): string {
  const state = (on: boolean) => (on ? 'needs a token' : 'is open to anyone')
  return `publishing ${state(tokenControl.publish)}, playing ${state(tokenControl.play)}`
}

/** What became of the connections that had been let in without a token; empty if there are none. */
export function describeOpenConnections({ connections, kicked }: TokenControlReport): string {
  if (connections === 0) return ''
  const which = `${plural(connections, 'connection')} let in without a token`
  return kicked ? `ended ${which}` : `${which} may go on; end them with --kick`
}
