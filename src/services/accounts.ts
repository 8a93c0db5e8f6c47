import type { AuditEntry } from '../domain/audit.ts'
import { viewUser } from '../domain/user.ts'
import type { Services } from './administration.ts'
import type { StoreOperations } from './operations.ts'

type AccountOperations = Pick<
  StoreOperations,
  | 'createApiKey'
  | 'listApiKeys'
  | 'revokeApiKey'
  | 'listUsers'
  | 'createUser'
  | 'deleteUser'
  | 'changeRole'
  | 'changePassword'
>

/** The operations on who may administer: API keys and users. */
export function administerAccounts(
  { apiKeys, users, logins }: Pick<Services, 'apiKeys' | 'users' | 'logins'>,
  record: (fact: Omit<AuditEntry, 'at' | 'by' | 'address'>) => void,
): AccountOperations {
  return {
    async createApiKey({ note }) {
      const created = await apiKeys.create(note)
      record({ event: 'apikey-create', message: created.id })
      return created
    },

    listApiKeys: async () => apiKeys.list(),

    async revokeApiKey(id) {
      const revoked = await apiKeys.revoke(id)
      record({ event: 'apikey-revoke', message: revoked.id })
      return revoked
    },

    listUsers: async () => users.list(),

    async createUser(order) {
      const user = await users.create(order)
      record({ event: 'user-create', message: `${user.name} (${user.role})` })
      return viewUser(user)
    },

    async deleteUser({ name }) {
      const user = await users.delete(name)
      logins.endOf(user.id)
      record({ event: 'user-delete', message: user.name })
      return viewUser(user)
    },

    async changeRole({ name, role }) {
      const user = await users.changeRole(name, role)
      logins.endOf(user.id)
      record({ event: 'user-role', message: `${user.name} (${user.role})` })
      return viewUser(user)
    },

    async changePassword({ name, password }) {
      const user = await users.changePassword(name, password)
      logins.endOf(user.id)
      record({ event: 'user-passwd', message: user.name })
      return viewUser(user)
    },
  }
}
