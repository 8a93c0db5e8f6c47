import { Args } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { settingName } from '../../cli/flags.ts'
import type { SettingView } from '../../domain/settings.ts'

export default class SettingsSet extends BaseCommand {
  static override summary = 'Change one setting; a running daemon obeys at once.'
  static override examples = [
    '<%= config.bin %> settings set public-url https://live.example.org',
    '<%= config.bin %> settings set reconnect-grace 30s',
  ]

  static override args = {
    name: settingName({ required: true, description: 'Name of the setting.' }),
    value: Args.string({ required: true, ignoreStdin: true, description: 'Its new value.' }),
  }

  async run(): Promise<SettingView> {
    const { args, flags } = await this.parse(SettingsSet)
    const setting = await this.withStore(flags, (store) => store.setSetting(args))
    if (setting.name === 'rest-access' && setting.value === 'open') {
      this.warn('any address may now mint, list and revoke tokens over REST, without a key')
    }
    return this.print(setting, `${setting.name}\t${setting.value}`)
  }
}
