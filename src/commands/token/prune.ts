import { BaseCommand } from '../../cli/base-command.ts'
import { duration } from '../../cli/flags.ts'
import { plural } from '../../cli/plural.ts'

export default class TokenPrune extends BaseCommand {
  static override summary = 'Forget tokens that are used up, expired or revoked, sooner than retention would.'
  static override description =
    'A forgotten token is refused as unknown, where a kept one is refused with the time and way of its use.'
  static override examples = ['<%= config.bin %> token prune', '<%= config.bin %> token prune --older 7d']

  static override flags = {
    older: duration({ summary: 'Only those that ended at least this long ago (default: all).' }),
  }

  async run(): Promise<{ readonly pruned: number }> {
    const { flags } = await this.parse(TokenPrune)
    const report = await this.withStore(flags, (store) => store.pruneTokens({ older: flags.older ?? 0 }))
    return this.print(report, `forgot ${plural(report.pruned, 'token')}`)
  }
}
