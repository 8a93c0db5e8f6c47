import { resolve } from 'node:path'
import { Args } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'

export default class StoreBackup extends BaseCommand {
  static override summary = 'Copy the store to a directory, while a daemon goes on with it.'
  static override description =
    'Tokens, sessions and settings as they are at this moment; secrets are in neither. The copy is a data directory: to restore it, put it in the place of the damaged one while no daemon runs. Tokens spent since are then good again: revoke what must not be.'
  static override examples = ['<%= config.bin %> store backup /var/backups/amsctl-$(date +%F)']

  static override args = {
    directory: Args.string({ required: true, ignoreStdin: true, description: 'A directory that is not there yet.' }),
  }

  async run(): Promise<{ readonly directory: string }> {
    const { args, flags } = await this.parse(StoreBackup)
    const directory = resolve(args.directory)
    const report = await this.withStore(flags, (store) => store.backUpStore({ directory }))
    return this.print(report, report.directory)
  }
}
