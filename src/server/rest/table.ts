import type { HTTPMethods } from 'fastify'
import { type Answer, result } from './answer.ts'
import { type Call, listTokens, mintToken, revokeTokens, validateToken } from './tokens.ts'

export interface Route {
  readonly methods: readonly HTTPMethods[]
  /** Below `/{app}/rest`. */
  readonly path: string
  /** Whether it changes nothing. */
  readonly reading?: true
  /** Status of an answer to bad input: AMS's first version says 200 and `success: false`. */
  readonly badInput: 200 | 400
  readonly answer: (call: Call) => Promise<Answer>
}

/** AMS's REST API for tokens, its first version and its second. */
export const ROUTES: readonly Route[] = [
  {
    methods: ['GET', 'POST'],
    path: '/broadcast/getToken',
    badInput: 200,
    answer: async (call) => ok(await mintToken(call, call.query.get('id'))),
  },
  {
    methods: ['POST'],
    path: '/broadcast/validateToken',
    badInput: 200,
    answer: async (call) => {
      const { token } = await validateToken(call)
      return token ? ok(token) : { status: 204 }
    },
  },
  {
    methods: ['POST'],
    path: '/broadcast/revokeTokens',
    badInput: 200,
    answer: async (call) => ok(await revokeTokens(call, call.query.get('id'))),
  },
  {
    methods: ['GET'],
    path: '/broadcast/listTokens/:id/:offset/:size',
    reading: true,
    badInput: 200,
    answer: async (call) => ok(await listTokens(call)),
  },
  {
    methods: ['GET', 'POST'],
    path: '/v2/broadcasts/:id/token',
    badInput: 400,
    answer: async (call) => ok(await mintToken(call, call.params.id ?? null)),
  },
  {
    methods: ['POST'],
    path: '/v2/broadcasts/validate-token',
    badInput: 400,
    answer: async (call) => {
      const validation = await validateToken(call)
      return ok(validation.token ? result(true) : result(false, validation.reason))
    },
  },
  {
    methods: ['DELETE'],
    path: '/v2/broadcasts/:id/tokens',
    badInput: 400,
    answer: async (call) => ok(await revokeTokens(call, call.params.id)),
  },
  {
    methods: ['GET'],
    path: '/v2/broadcasts/:id/tokens/list/:offset/:size',
    reading: true,
    badInput: 400,
    answer: async (call) => ok(await listTokens(call)),
  },
]

function ok(body: NonNullable<Answer['body']>): Answer {
  return { status: 200, body }
}
