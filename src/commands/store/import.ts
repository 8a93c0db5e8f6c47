import { Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { plural } from '../../cli/plural.ts'
import { type Imported, importLines } from '../../cli/token-import.ts'

export default class StoreImport extends BaseCommand {
  static override summary = 'Store the tokens that store export printed, read from standard input.'
  static override description =
    'In the order of the lines, 500 tokens at a time: of these all are stored or none, also where it is killed. It stops at the first token that cannot be read or is stored already, and says at which line and how many it took before. A stored token stays as it is, so one that was spent or revoked here since the export does not come back; only one that was pruned or forgotten here does.'
  static override examples = [
    '<%= config.bin %> store import < tokens.ndjson',
    {
      description: 'Go on with an import that was interrupted',
      command: '<%= config.bin %> store import --skip-stored < tokens.ndjson',
    },
  ]

  static override flags = {
    'skip-stored': Flags.boolean({ summary: 'Pass over tokens that are stored already, leaving them as they are.' }),
  }

  async run(): Promise<Imported> {
    const { flags } = await this.parse(StoreImport)
    const report = await this.withStore(flags, (store) => importLines(store, process.stdin, flags['skip-stored']))
    const skipped = flags['skip-stored'] ? `, passed over ${report.skipped}` : ''
    return this.print(report, `imported ${plural(report.imported, 'token')}${skipped}`)
  }
}
