import { Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import type { ApiKeyView } from '../../services/operations.ts'

export default class ApikeyCreate extends BaseCommand {
  static override summary = 'Make an API key for REST calls from elsewhere, and print nothing but the key.'
  static override description = 'This is the only time that the key is shown. Send it as "Authorization: Bearer KEY".'
  static override examples = ['<%= config.bin %> apikey create --note webshop']

  static override flags = { note: Flags.string({ summary: 'Remark for lists.', helpValue: 'TEXT' }) }

  async run(): Promise<ApiKeyView & { readonly key: string }> {
    const { flags } = await this.parse(ApikeyCreate)
    const created = await this.withStore(flags, (store) => store.createApiKey({ note: flags.note ?? null }))
    return this.print(created, created.key)
  }
}
