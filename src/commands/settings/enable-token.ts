import { Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { describeControl, describeOpenConnections, directionFlag, directions } from '../../cli/token-control.ts'
import type { TokenControlReport } from '../../services/operations.ts'

export default class SettingsEnableToken extends BaseCommand {
  static override summary = 'Let nobody publish or play without a token, from now on.'
  static override examples = [
    '<%= config.bin %> settings enable-token',
    '<%= config.bin %> settings enable-token --type publish --kick',
  ]

  static override flags = {
    type: directionFlag,
    kick: Flags.boolean({ default: false, summary: 'Also end the connections that were let in without a token.' }),
  }

  async run(): Promise<TokenControlReport> {
    const { flags } = await this.parse(SettingsEnableToken)
    const order = { enable: true, types: directions(flags.type), kick: flags.kick }
    const report = await this.withStore(flags, (store) => store.setTokenControl(order))
    const connections = describeOpenConnections(report)
    if (connections !== '') this.note(connections)
    return this.print(report, describeControl(report))
  }
}
