import { BaseCommand } from '../../cli/base-command.ts'
import { userArgs } from '../../cli/user.ts'
import { parseUserName, type UserView } from '../../domain/user.ts'

export default class UserDelete extends BaseCommand {
  static override summary = 'Delete a user, and log the user out everywhere.'
  static override description = 'The last admin stays.'
  static override examples = ['<%= config.bin %> user delete anna@example.org']

  static override args = userArgs

  async run(): Promise<UserView> {
    const { args, flags } = await this.parse(UserDelete)
    const name = parseUserName(args.name)
    const user = await this.withStore(flags, (store) => store.deleteUser({ name }))
    return this.print(user, `deleted ${user.name}`)
  }
}
