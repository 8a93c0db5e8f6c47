import { BaseCommand } from '../../cli/base-command.ts'
import { plural } from '../../cli/plural.ts'
import { importLines } from '../../cli/token-import.ts'

export default class StoreImport extends BaseCommand {
  static override summary = 'Store the tokens that store export printed, read from standard input.'
  static override description =
    'It stops at the first token that cannot be read or is stored already, and says at which line and how many it took before.'
  static override examples = ['<%= config.bin %> store import < tokens.ndjson']

  async run(): Promise<{ readonly imported: number }> {
    const { flags } = await this.parse(StoreImport)
    const imported = await this.withStore(flags, (store) => importLines(store, process.stdin))
    return this.print({ imported }, `imported ${plural(imported, 'token')}`)
  }
}
