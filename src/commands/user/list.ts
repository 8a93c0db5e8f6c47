import { BaseCommand } from '../../cli/base-command.ts'
import { quiet } from '../../cli/flags.ts'
import type { UserView } from '../../domain/user.ts'

export default class UserList extends BaseCommand {
  static override summary = 'List who may log in.'
  static override examples = ['<%= config.bin %> user list', '<%= config.bin %> user list --json']

  static override flags = { quiet }

  async run(): Promise<readonly UserView[]> {
    const { flags } = await this.parse(UserList)
    const users = await this.withStore(flags, (store) => store.listUsers())
    if (flags.quiet) return this.print(users, users.map(({ name }) => name).join('\n'))
    return this.printRows(users, [
      { title: 'name', raw: ({ name }) => name },
      { title: 'role', raw: ({ role }) => role },
      { title: 'created', raw: ({ createdAt }) => createdAt },
    ])
  }
}
