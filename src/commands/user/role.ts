import { Args } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { userArgs } from '../../cli/user.ts'
import { parseUserName, ROLES, type UserView } from '../../domain/user.ts'

export default class UserRole extends BaseCommand {
  static override summary = 'Make a user an admin or a viewer, and log the user out everywhere.'
  static override description = 'The last admin stays one.'
  static override examples = [
    '<%= config.bin %> user role anna@example.org admin',
    '<%= config.bin %> user role anna@example.org viewer',
  ]

  static override args = {
    ...userArgs,
    role: Args.option({ options: ROLES })({
      required: true,
      ignoreStdin: true,
      description: 'An admin may do everything, a viewer only look.',
    }),
  }

  async run(): Promise<UserView> {
    const { args, flags } = await this.parse(UserRole)
    const name = parseUserName(args.name)
    const user = await this.withStore(flags, (store) => store.changeRole({ name, role: args.role }))
    return this.print(user, `${user.name} is ${user.role === 'admin' ? 'an admin' : 'a viewer'}`)
  }
}
