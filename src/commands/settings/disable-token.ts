import { BaseCommand } from '../../cli/base-command.ts'
import { describeControl, directionFlag, directions } from '../../cli/token-control.ts'
import type { TokenControlReport } from '../../services/operations.ts'

export default class SettingsDisableToken extends BaseCommand {
  static override summary = 'Let anyone publish or play, with or without a token.'
  static override description =
    'Nothing is ended, no token is spent or asked for; REST validate and token redeem go on.'
  static override examples = [
    '<%= config.bin %> settings disable-token',
    '<%= config.bin %> settings disable-token --type play',
  ]

  static override flags = { type: directionFlag }

  async run(): Promise<TokenControlReport> {
    const { flags } = await this.parse(SettingsDisableToken)
    const order = { enable: false, types: directions(flags.type), kick: false }
    const report = await this.withStore(flags, (store) => store.setTokenControl(order))
    return this.print(report, describeControl(report))
  }
}
