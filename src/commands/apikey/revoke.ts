import { Args } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import type { ApiKeyView } from '../../services/operations.ts'

export default class ApikeyRevoke extends BaseCommand {
  static override summary = 'Make an API key worthless, at once.'
  static override examples = ['<%= config.bin %> apikey revoke ak_0123456789ab']

  static override args = {
    id: Args.string({ required: true, ignoreStdin: true, description: 'Public id, as apikey list shows it.' }),
  }

  async run(): Promise<ApiKeyView> {
    const { args, flags } = await this.parse(ApikeyRevoke)
    const revoked = await this.withStore(flags, (store) => store.revokeApiKey(args.id))
    return this.print(revoked, `revoked ${revoked.id}`)
  }
}
