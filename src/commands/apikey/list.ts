import { BaseCommand } from '../../cli/base-command.ts'
import { quiet } from '../../cli/flags.ts'
import type { ApiKeyView } from '../../services/operations.ts'

export default class ApikeyList extends BaseCommand {
  static override summary = 'List API keys; never the keys themselves.'
  static override examples = ['<%= config.bin %> apikey list', '<%= config.bin %> apikey list --json']

  static override flags = { quiet }

  async run(): Promise<readonly ApiKeyView[]> {
    const { flags } = await this.parse(ApikeyList)
    const keys = await this.withStore(flags, (store) => store.listApiKeys())
    if (flags.quiet) return this.print(keys, keys.map(({ id }) => id).join('\n'))
    return this.printRows(keys, [
      { title: 'id', raw: ({ id }) => id },
      { title: 'created', raw: ({ createdAt }) => createdAt },
      { title: 'note', raw: ({ note }) => note },
    ])
  }
}
