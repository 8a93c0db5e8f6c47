import { BaseCommand } from '../../../cli/base-command.ts'
import { defaultApp, streamIdArg } from '../../../cli/flags.ts'
import type { RecordingReport } from '../../../services/daemon-operations.ts'

export default class StreamRecordStart extends BaseCommand {
  static override summary = 'Record a live stream from its last key frame on; exit 3 if it is not live.'
  static override description =
    'Prints the name of the file. The recording ends with the stream, or by stream record stop.'
  static override examples = ['<%= config.bin %> stream record start cam1']

  static override args = { stream: streamIdArg({ required: true, description: 'Id of the stream.' }) }

  static override flags = { app: defaultApp }

  async run(): Promise<RecordingReport> {
    const { args, flags } = await this.parse(StreamRecordStart)
    const order = { app: flags.app, streamId: args.stream }
    const report = await this.withDaemon(flags, (daemon) => daemon.startRecording(order))
    if (report.already) this.note(`${report.streamId} is being recorded already`)
    if (report.file === null) {
      this.note(
        'no file yet: it begins with the first media that MP4 can hold; the log of the daemon says what it cannot',
      )
    }
    return this.print(report, report.file ?? '')
  }
}
