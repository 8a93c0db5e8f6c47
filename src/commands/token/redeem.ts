import { BaseCommand } from '../../cli/base-command.ts'
import { questionArgs, questionFlags, readQuestion } from '../../cli/question.ts'
import type { VerdictView } from '../../services/operations.ts'

export default class TokenRedeem extends BaseCommand {
  static override summary = 'Judge a token and spend one use of it: exit 0 if it opened the stream, 4 if not.'
  static override description =
    'What validate does over REST, for programs of your own that let clients in. Works with and without a daemon.'
  static override examples = [
    '<%= config.bin %> token redeem --stream door7 --type play - < token.txt',
    '<%= config.bin %> token redeem --stream cam1 --type play --ip 203.0.113.7 --json -',
  ]

  static override args = questionArgs
  static override flags = questionFlags

  async run(): Promise<VerdictView> {
    const { args, flags } = await this.parse(TokenRedeem)
    const question = await readQuestion(args.token, flags)
    return this.printVerdict(await this.withStore(flags, (store) => store.redeemToken(question)))
  }
}
