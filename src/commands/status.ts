import { BaseCommand } from '../cli/base-command.ts'
import { statusFields } from '../cli/status-text.ts'
import type { DaemonStatus } from '../services/daemon-operations.ts'

export default class Status extends BaseCommand {
  static override summary = 'Show whether a daemon runs, where it listens and what it serves; exit 5 if none runs.'
  static override examples = ['<%= config.bin %> status', '<%= config.bin %> status --json']

  async run(): Promise<DaemonStatus> {
    const { flags } = await this.parse(Status)
    const status = await this.withDaemon(flags, (daemon) => daemon.status())
    return this.printFields(status, statusFields(status))
  }
}
