import { BaseCommand } from '../../cli/base-command.ts'
import type { SettingView } from '../../domain/settings.ts'

export default class SettingsShow extends BaseCommand {
  static override summary = 'Show every setting: its value, its default, what it does.'
  static override examples = ['<%= config.bin %> settings show', '<%= config.bin %> settings show --json']

  async run(): Promise<readonly SettingView[]> {
    const { flags } = await this.parse(SettingsShow)
    const settings = await this.withStore(flags, (store) => store.showSettings())
    return this.printRows(settings, [
      { title: 'setting', raw: ({ name }) => name },
      { title: 'value', raw: ({ value }) => value },
      { title: 'default', raw: (setting) => setting.default },
      { title: 'meaning', raw: ({ help }) => help },
    ])
  }
}
