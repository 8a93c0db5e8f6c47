import { Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { passwordFile, readPassword } from '../../cli/password.ts'
import { userArgs } from '../../cli/user.ts'
import { parseUserName, ROLES, type UserView } from '../../domain/user.ts'

export default class UserCreate extends BaseCommand {
  static override summary = 'Make a user who may log in to the panel and to REST.'
  static override description = 'A terminal asks for the password; otherwise it is read from --password-file or stdin.'
  static override examples = [
    '<%= config.bin %> user create admin',
    '<%= config.bin %> user create anna@example.org --role viewer --password-file anna.txt',
  ]

  static override args = userArgs
  static override flags = {
    role: Flags.option({
      options: ROLES,
      summary: 'An admin may do everything, a viewer only look.',
      default: 'admin',
    })(),
    'password-file': passwordFile,
  }

  async run(): Promise<UserView> {
    const { args, flags } = await this.parse(UserCreate)
    const name = parseUserName(args.name)
    const password = await readPassword(flags['password-file'])
    const user = await this.withStore(flags, (store) => store.createUser({ name, password, role: flags.role }))
    return this.print(user, `created ${user.name} (${user.role})`)
  }
}
