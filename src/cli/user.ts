import { Args } from '@oclif/core'

export const userArgs = {
  name: Args.string({ required: true, ignoreStdin: true, description: 'Name of the user, such as anna@example.org.' }),
}
