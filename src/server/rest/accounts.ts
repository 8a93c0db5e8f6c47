import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify'
import { AmsctlError } from '../../domain/errors.ts'
import type { SignedIn, SignInRefusal } from '../../services/sign-in.ts'
import { errorHeaders, statusOf } from '../http/error-response.ts'
import { refuseOtherMethods } from '../http/routes.ts'
import { readJsonObject } from '../json-object.ts'
import { loginCookie, noLoginCookie } from '../login-cookie.ts'
import { addressFrom, callerFrom, type PanelOptions, refuseForeign, requireJson } from '../panel/access.ts'
import { maySetUp, notHere } from '../panel/session.ts'
import { result } from './answer.ts'
import { judgeLogin } from './login.ts'

type AccountOptions = Pick<PanelOptions, 'settings' | 'users' | 'logins' | 'signIn' | 'setup'>

const LONGEST = 1024

/** Logging in as scripts for Ant Media Server do; its first version is below `/ConsoleApp/rest`. */
export function accountRoutes(options: AccountOptions): FastifyPluginAsync {
  return async (server) => {
    server.removeAllContentTypeParsers()
    server.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))
    server.addHook('onRequest', async (_request, reply) => void reply.header('Cache-Control', 'no-store'))

    const authenticate = async (request: FastifyRequest, reply: FastifyReply) => {
      const credentials = readCredentials(request, options)
      return answer(request, reply, await options.signIn.logIn(credentials))
    }
    const isAuthenticated = async (request: FastifyRequest) => {
      const { login } = judgeLogin(callerFrom(request, options), options.settings(), options.logins)
      return result(login !== undefined, login ? login.role.toUpperCase() : 'not authenticated')
    }

    serve(server, 'POST', '/rest/v2/users/authenticate', authenticate)
    serve(server, 'POST', '/ConsoleApp/rest/authenticateUser', authenticate)
    serve(server, 'GET', '/rest/v2/authentication-status', isAuthenticated)
    serve(server, 'GET', '/ConsoleApp/rest/isAuthenticated', isAuthenticated)
    serve(server, 'GET', '/rest/v2/first-login-status', async () => result(options.users.isEmpty))
    serve(server, 'POST', '/rest/v2/users/initial', async (request, reply) => {
      const credentials = readCredentials(request, options)
      if (!options.users.isEmpty) throw new AmsctlError('USER_EXISTS', 'there is a user already; log in')
      if (!maySetUp(options, callerFrom(request, options), undefined)) throw notHere()
      return answer(request, reply, await options.signIn.setUp(credentials))
    })
    serve(server, 'DELETE', '/rest/v2/users/logout', async (request, reply) => {
      const caller = callerFrom(request, options)
      const { login } = judgeLogin(caller, options.settings(), options.logins)
      if (!login) throw new AmsctlError('LOGIN_MISSING', 'nobody is logged in here')
      options.signIn.logOut(login, addressFrom(request, options))
      return reply.header('Set-Cookie', noLoginCookie(caller)).send(result(true))
    })
  }

  function answer(request: FastifyRequest, reply: FastifyReply, signedIn: SignedIn | SignInRefusal): FastifyReply {
    if (signedIn.ok) {
      return reply.header('Set-Cookie', loginCookie(signedIn.secret, callerFrom(request, options))).send(result(true))
    }
    // Scripts look at `success`: AMS says 200 to a wrong password.
    const status = signedIn.code === 'WRONG_PASSWORD' ? 200 : statusOf(signedIn)
    return reply.code(status).headers(errorHeaders(signedIn)).send(result(false, signedIn.message))
  }
}

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>

function serve(server: FastifyInstance, method: HTTPMethods, url: string, handler: Handler): void {
  server.route({ method, url, handler })
  refuseOtherMethods(server, url, [method])
}

/** AMS's `User`, of which only these two matter; BAD_VALUE. */
function readCredentials(request: FastifyRequest, options: AccountOptions) {
  refuseForeign(request, options)
  requireJson(request)
  const { email, password } = readJsonObject(typeof request.body === 'string' ? request.body : '')
  const isText = (value: unknown): value is string => typeof value === 'string' && value.length <= LONGEST
  if (!isText(email) || !isText(password)) throw new AmsctlError('BAD_VALUE', 'give email and password')
  return { name: email, password, address: addressFrom(request, options) }
}
