import { BaseCommand } from '../../../cli/base-command.ts'
import { defaultApp, streamIdArg } from '../../../cli/flags.ts'
import type { RecordingReport } from '../../../services/daemon-operations.ts'

export default class StreamRecordStop extends BaseCommand {
  static override summary = 'End the recording of a stream, which goes on; exit 3 if it is not recorded.'
  static override description =
    'Prints the name of the file once that is complete, or after 2 s where the disk is slow; --json says which.'
  static override examples = ['<%= config.bin %> stream record stop cam1']

  static override args = { stream: streamIdArg({ required: true, description: 'Id of the stream.' }) }

  static override flags = { app: defaultApp }

  async run(): Promise<RecordingReport> {
    const { args, flags } = await this.parse(StreamRecordStop)
    const order = { app: flags.app, streamId: args.stream }
    const report = await this.withDaemon(flags, (daemon) => daemon.stopRecording(order))
    if (!report.complete) this.note('the recording has ended, but the disk is slow to take the rest of its file')
    else if (report.file === null) this.note('nothing was recorded')
    return this.print(report, report.file ?? '')
  }
}
