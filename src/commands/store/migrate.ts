import { Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { plural } from '../../cli/plural.ts'
import { readStorePlace } from '../../cli/store-place.ts'
import type { Migrated } from '../../store/migration.ts'

const FILES = 'file'

export default class StoreMigrate extends BaseCommand {
  static override summary =
    'Move tokens, settings, API keys and users to another, empty store; stop every daemon first.'
  static override description =
    '"file" is the store in the data directory. Tokens leave the store that they come from, for they must not be good in two places; make a backup before. Sessions end: their viewers need new tokens. The password and the certificate of --store-password-file and --store-ca serve for both sides.'
  static override examples = [
    '<%= config.bin %> store migrate --to redis://store.example.org/0 --store-password-file /etc/amsctl/store.password',
    '<%= config.bin %> store migrate --from redis://store.example.org/0 --to file',
  ]

  static override flags = {
    from: Flags.string({ summary: 'Store to move from (default: --store, or file).', helpValue: 'file|redis://…' }),
    to: Flags.string({ summary: 'Store to move to.', helpValue: 'file|redis://…', required: true }),
  }

  async run(): Promise<Migrated> {
    const { flags } = await this.parse(StoreMigrate)
    const place = (store: string | undefined) => readStorePlace({ ...flags, store: store === FILES ? '' : store })
    const [from, to] = [await place(flags.from ?? flags.store ?? FILES), await place(flags.to)]
    const { migrateStore } = await import('../../cli/store-migration.ts')
    const moved = await migrateStore({ dataDir: this.dataDir(flags), from, to })
    const { tokens, settings, apiKeys, users } = moved
    const others = [plural(settings, 'setting'), plural(apiKeys, 'API key'), plural(users, 'user')]
    return this.print(moved, `moved ${plural(tokens, 'token')}, ${others.join(', ')}`)
  }
}
