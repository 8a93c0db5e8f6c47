import { BaseCommand } from '../../cli/base-command.ts'
import { passwordFile, readPassword } from '../../cli/password.ts'
import { userArgs } from '../../cli/user.ts'
import { parseUserName, type UserView } from '../../domain/user.ts'

export default class UserPasswd extends BaseCommand {
  static override summary = 'Give a user another password, and log the user out everywhere.'
  static override examples = [
    '<%= config.bin %> user passwd admin',
    '<%= config.bin %> user passwd admin --password-file admin.txt',
  ]

  static override args = userArgs
  static override flags = { 'password-file': passwordFile }

  async run(): Promise<UserView> {
    const { args, flags } = await this.parse(UserPasswd)
    const name = parseUserName(args.name)
    const password = await readPassword(flags['password-file'])
    const user = await this.withStore(flags, (store) => store.changePassword({ name, password }))
    return this.print(user, `changed the password of ${user.name}`)
  }
}
