import { Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { app, duration, given, quiet, streamPattern, tokenType } from '../../cli/flags.ts'
import { LARGE_PAGE, tokenPages } from '../../cli/token-pages.ts'
import { tokenColumns } from '../../cli/token-text.ts'
import { TOKEN_STATES, type TokenView } from '../../domain/token.ts'
import type { TokenFilter } from '../../services/operations.ts'

export default class TokenList extends BaseCommand {
  static override summary = 'List tokens; never their secrets.'
  static override description =
    'In a pipe: id, app, stream, type, state, expireDate (unix seconds), uses left and note, separated by tabs.'
  static override examples = [
    '<%= config.bin %> token list --stream cam1 --state active',
    '<%= config.bin %> token list --expires-within 1h --sort expires',
    {
      description: 'Revoke whatever has expired',
      command: '<%= config.bin %> token list --quiet --state expired | <%= config.bin %> token revoke -',
    },
  ]

  static override flags = {
    stream: streamPattern({ summary: 'Tokens made for exactly this stream or glob.' }),
    app: app({ summary: 'Tokens of this app.' }),
    type: tokenType({ summary: 'Tokens of this type.' }),
    state: Flags.option({
      options: [...TOKEN_STATES, 'all'] as const,
      default: 'all',
      summary: 'Tokens in this state.',
    })(),
    'expires-within': duration({ summary: 'Tokens that have not expired and will within this time.' }),
    sort: Flags.option({
      options: ['created', 'expires', 'stream'] as const,
      default: 'created',
      summary: 'Order of the list.',
    })(),
    limit: Flags.integer({ summary: 'At most this many.', helpValue: 'N', min: 1 }),
    quiet,
  }

  async run(): Promise<readonly TokenView[]> {
    const { flags } = await this.parse(TokenList)
    const filter = given<TokenFilter>({
      streamId: flags.stream,
      app: flags.app,
      type: flags.type,
      state: flags.state === 'all' ? undefined : flags.state,
      expiresWithin: flags['expires-within'],
      sort: flags.sort,
      limit: flags.limit,
    })
    const columns = tokenColumns(Math.floor(Date.now() / 1000))
    return this.withStore(flags, async (store, daemon) => {
      const tokens: TokenView[] = []
      for await (const page of tokenPages(store, filter, daemon ? undefined : LARGE_PAGE)) {
        if (this.jsonEnabled()) for (const token of page) tokens.push(token)
        else if (flags.quiet) this.print(page, page.map(({ id }) => id).join('\n'))
        else await this.printRows(page, columns)
      }
      return tokens
    })
  }
}
