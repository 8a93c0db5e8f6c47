import { BaseCommand } from '../../cli/base-command.ts'
import { settingName } from '../../cli/flags.ts'
import type { SettingView } from '../../domain/settings.ts'

export default class SettingsGet extends BaseCommand {
  static override summary = 'Print the value of one setting.'
  static override examples = ['<%= config.bin %> settings get default-expire']

  static override args = { name: settingName({ required: true, description: 'Name of the setting.' }) }

  async run(): Promise<SettingView | undefined> {
    const { args, flags } = await this.parse(SettingsGet)
    const settings = await this.withStore(flags, (store) => store.showSettings())
    const setting = settings.find(({ name }) => name === args.name)
    return setting && this.print(setting, setting.value)
  }
}
