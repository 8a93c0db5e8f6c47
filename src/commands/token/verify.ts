import { BaseCommand } from '../../cli/base-command.ts'
import { questionArgs, questionFlags, readQuestion } from '../../cli/question.ts'
import type { VerdictView } from '../../services/operations.ts'

export default class TokenVerify extends BaseCommand {
  static override summary = 'Judge a token without spending it: exit 0 if it opens the stream, 4 if not.'
  static override description = 'The verdict and its reason are on stdout.'
  static override examples = [
    '<%= config.bin %> token verify --stream cam1 --type play - < token.txt',
    '<%= config.bin %> token verify --stream cam1 --type play --ip 203.0.113.7 --json -',
  ]

  static override args = questionArgs
  static override flags = questionFlags

  async run(): Promise<VerdictView> {
    const { args, flags } = await this.parse(TokenVerify)
    const question = await readQuestion(args.token, flags)
    return this.printVerdict(await this.withStore(flags, (store) => store.verifyToken(question)))
  }
}
