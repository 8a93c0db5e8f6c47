import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { AmsctlError } from '../../domain/errors.ts'
import type { Role } from '../../domain/user.ts'
import type { Login } from '../../services/logins.ts'
import type { SignedIn, SignInRefusal } from '../../services/sign-in.ts'
import { VERSION } from '../../services/version.ts'
import { type Caller, isOnThisMachine } from '../http/caller.ts'
import { refuseOtherMethods, send } from '../http/routes.ts'
import { loginCookie, noLoginCookie, readLoginCookie } from '../login-cookie.ts'
import { addressFrom, callerFrom, mustLogin, type PanelOptions, refuseForeign, requireJson } from './access.ts'
import { optional, readFields, text } from './readers.ts'

/** Who is logged in here; the shape of `GET /panel/api/session`. */
export interface PanelSession {
  readonly user: { readonly id: string; readonly name: string; readonly role: Role } | null
  /** To be sent as X-CSRF-Token with every POST. */
  readonly csrf: string | null
  /** No user exists. */
  readonly firstRun: boolean
  /** Whether the caller may make the first one: from this machine, or with the secret of the set-up link. */
  readonly setupAllowed: boolean
  /** Told to those who are logged in, or set this server up; else empty. */
  readonly version: string
}

const API = '/panel/api'
const credentials = { name: text(256), password: text(1024) }

/** Logging in and out, by a browser. */
export function sessionRoutes(server: FastifyInstance, options: PanelOptions): void {
  const { signIn, logins } = options

  server.get(`${API}/session`, async (request, reply) => {
    const login = logins.find(readLoginCookie(callerFrom(request, options)) ?? '')
    const shown = request.headers['x-setup-token']?.toString()
    return reply.send(view(options, login, maySetUp(options, callerFrom(request, options), shown)))
  })

  post('/login', async (request, reply) => {
    const order = readFields(request.body, credentials)
    return answer(request, reply, await signIn.logIn({ ...order, address: addressFrom(request, options) }))
  })

  post('/setup', async (request, reply) => {
    const order = readFields(request.body, { ...credentials, setup: optional(text(256)) })
    if (!options.users.isEmpty) throw new AmsctlError('USER_EXISTS', 'there is a user already; log in')
    if (!maySetUp(options, callerFrom(request, options), order.setup)) throw notHere()
    const { name, password } = order
    return answer(request, reply, await signIn.setUp({ name, password, address: addressFrom(request, options) }))
  })

  post('/password', async (request, reply) => {
    const login = mustLogin(request, options)
    const order = readFields(request.body, { current: text(1024), next: text(1024) })
    const address = addressFrom(request, options)
    return answer(request, reply, await signIn.changePassword(login, { ...order, address }))
  })

  server.post(`${API}/logout`, async (request, reply) => {
    const login = mustLogin(request, options)
    signIn.logOut(login, addressFrom(request, options))
    return reply.header('Set-Cookie', noLoginCookie(callerFrom(request, options))).send(view(options, undefined, false))
  })

  for (const path of ['/login', '/setup', '/password', '/logout']) refuseOtherMethods(server, `${API}${path}`, ['POST'])
  refuseOtherMethods(server, `${API}/session`, ['GET'])

  function post(path: string, handler: (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>): void {
    server.post(`${API}${path}`, async (request, reply) => {
      refuseForeign(request, options)
      requireJson(request)
      return handler(request, reply)
    })
  }

  function answer(request: FastifyRequest, reply: FastifyReply, signedIn: SignedIn | SignInRefusal): FastifyReply {
    if (!signedIn.ok) return send(reply, signedIn)
    const before = logins.find(readLoginCookie(callerFrom(request, options)) ?? '')
    if (before) logins.end(before)
    reply.header('Set-Cookie', loginCookie(signedIn.secret, callerFrom(request, options)))
    return reply.send(view(options, signedIn.login, false))
  }
}

function view({ users }: PanelOptions, login: Login | undefined, setupAllowed: boolean): PanelSession {
  return {
    user: login ? { id: login.userId, name: login.name, role: login.role } : null,
    csrf: login?.csrf ?? null,
    firstRun: users.isEmpty,
    setupAllowed,
    version: login || setupAllowed ? VERSION : '',
  }
}

/** Nobody who only passes through this machine, or is led here by a name that somebody else can point at it. */
export function maySetUp(
  { users, setup }: Pick<PanelOptions, 'users' | 'setup'>,
  caller: Caller,
  shown: string | undefined,
): boolean {
  if (!users.isEmpty) return false
  return setup.opensWith(shown) || isOnThisMachine(caller)
}

export function notHere(): AmsctlError {
  const ways = 'from this machine, with the link that amsctl serve prints, or by amsctl user create'
  return new AmsctlError('ACCESS_DENIED', `the first user is made ${ways}`)
}
