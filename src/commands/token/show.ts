import { Args } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { readToken } from '../../cli/stdin.ts'
import { tokenFields } from '../../cli/token-text.ts'
import type { TokenView } from '../../domain/token.ts'

export default class TokenShow extends BaseCommand {
  static override summary = 'Show one token: state, limits, when and by whom it was used.'
  static override examples = [
    '<%= config.bin %> token show tk_0123456789ab',
    '<%= config.bin %> token show tk_0123456789ab --json',
  ]

  static override args = {
    id: Args.string({ required: true, ignoreStdin: true, description: 'Public id, the token itself, or - for stdin.' }),
  }

  async run(): Promise<TokenView> {
    const { args, flags } = await this.parse(TokenShow)
    const ref = await readToken(args.id)
    const token = await this.withStore(flags, (store) => store.showToken(ref))
    return this.printFields(token, tokenFields(token))
  }
}
