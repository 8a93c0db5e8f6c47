import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { toErrorObject } from '../../cli/failure.ts'
import { defaultApp, streamPattern } from '../../cli/flags.ts'
import { plural } from '../../cli/plural.ts'
import { confirmWide } from '../../cli/prompts.ts'
import { expandOperands } from '../../cli/stdin.ts'
import { AmsctlError } from '../../domain/errors.ts'
import type { RevokeReport, TokenSelection } from '../../services/operations.ts'

export default class TokenRevoke extends BaseCommand {
  static override summary = 'Forbid further uses of tokens and end every session that they opened.'
  static override description =
    'Tokens that are named are revoked without a question; --stream and --all ask, or need --yes.'
  static override examples = [
    '<%= config.bin %> token revoke tk_0123456789ab',
    '<%= config.bin %> token revoke --stream cam1 --yes',
    '<%= config.bin %> token list --quiet --stream cam1 | <%= config.bin %> token revoke -',
  ]

  static override args = {
    token: Args.string({
      multiple: true,
      ignoreStdin: true,
      description: 'Public ids or tokens, or - to read them from stdin.',
    }),
  }

  static override flags = {
    stream: streamPattern({ summary: 'All tokens made for exactly this stream or glob.', exclusive: ['all'] }),
    app: defaultApp,
    all: Flags.boolean({ summary: 'All tokens of every app.' }),
    yes: Flags.boolean({ summary: 'Do not ask.' }),
    'ignore-missing': Flags.boolean({ summary: 'Exit 0 even if some tokens are unknown.' }),
  }

  async run(): Promise<RevokeReport> {
    const { args, flags } = await this.parse(TokenRevoke)
    const selection = await select(args.token, flags)
    if (!selection.refs && !flags.yes) await confirmWide(describe(selection))
    const report = await this.withStore(flags, (store) => store.revokeTokens(selection))
    if (report.already.length > 0) this.note(`${plural(report.already.length, 'token')} had been revoked before`)
    if (report.globs.length > 0)
      this.note(`left alone, though they open ${flags.stream} too: ${report.globs.join(' ')}`)
    this.print(report, `revoked ${plural(report.revoked.length, 'token')}, ended ${plural(report.sessions, 'session')}`)
    return flags['ignore-missing'] ? report : this.#failOnMissing(report)
  }

  /** The known ones are revoked all the same; the exit code tells of the others. */
  #failOnMissing(report: RevokeReport): RevokeReport {
    const [first] = report.missing
    if (first === undefined) return report
    const more = report.missing.length > 1 ? ` (and ${report.missing.length - 1} more)` : ''
    const failure = new AmsctlError('TOKEN_NOT_FOUND', `no token "${first}"${more}; see amsctl token list`)
    if (!this.jsonEnabled()) throw failure
    process.exitCode = failure.exit
    return { ...report, ...toErrorObject(failure) }
  }
}

interface SelectionFlags {
  readonly stream: string | undefined
  readonly app: string
  readonly all: boolean
}

async function select(operands: readonly string[] | undefined, flags: SelectionFlags): Promise<TokenSelection> {
  const named = operands !== undefined && operands.length > 0
  if ([named, flags.stream !== undefined, flags.all].filter(Boolean).length !== 1) {
    throw new AmsctlError('BAD_USAGE', 'say what to revoke: tokens, - for stdin, --stream STREAM or --all')
  }
  if (named) return { refs: await expandOperands(operands) }
  return flags.stream === undefined ? { all: true } : { stream: { app: flags.app, streamId: flags.stream } }
}

function describe({ stream }: TokenSelection): string {
  const which = stream ? `every token for ${stream.app}/${stream.streamId}` : 'every token of every app'
  return `Revoke ${which} and end the sessions that they opened?`
}
