import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify'
import { AmsctlError } from '../../domain/errors.ts'
import { parseStreamId } from '../../domain/stream-id.ts'
import type { IceServer } from '../../media/webrtc/ports.ts'
import { refuseOtherMethods, send } from '../http/routes.ts'
import { offerRequest } from './access.ts'
import { COMMON, iceLinks, isOfType, matches, preflight, SDP, SDP_FRAGMENT } from './headers.ts'
import { readFragment } from './sdp-fragment.ts'
import { type WhipOptions, type WhipSession, WhipSessions } from './sessions.ts'

/** What each of the two protocols is for. */
const TYPES = { whip: 'publish', whep: 'play' } as const
type Word = keyof typeof TYPES

const ENDPOINT_METHODS: readonly HTTPMethods[] = ['POST', 'OPTIONS']
const SESSION_METHODS: readonly HTTPMethods[] = ['PATCH', 'DELETE', 'OPTIONS']

type OfferRequest = FastifyRequest<{ Params: { app: string; id: string }; Body: string | undefined }>
type SessionRequest = FastifyRequest<{
  Params: { app: string; id: string; secret: string }
  Body: string | undefined
}>

export interface Whip {
  readonly routes: FastifyPluginAsync
  /** Sessions, those that wait for their connection among them. */
  readonly size: number
  /** Ends every session; idempotent. */
  close(): void
}

/** WHIP (RFC 9725) at `/{app}/whip/{id}`, WHEP (draft-ietf-wish-whep) at `/{app}/whep/{id}`. */
export function createWhip(options: WhipOptions): Whip {
  const sessions = new WhipSessions(options)
  return {
    routes: async (server) => {
      server.removeAllContentTypeParsers()
      server.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))
      server.addHook('onRequest', async (_request, reply) => void reply.headers(COMMON))
      for (const word of ['whip', 'whep'] as const) {
        serveEndpoint(server, { word, sessions, options })
        serveSessions(server, word, sessions)
      }
    },
    get size() {
      return sessions.size
    },
    close: () => sessions.close(),
  }
}

function serveEndpoint(server: FastifyInstance, endpoint: Endpoint): void {
  const url = `/:app/${endpoint.word}/:id`
  server.post(url, (request: OfferRequest, reply) => takeOffer(request, reply, endpoint))
  server.options(url, (_request, reply) =>
    reply
      .code(204)
      .headers({ ...preflight(ENDPOINT_METHODS), 'Accept-Post': SDP })
      .send(),
  )
  refuseOtherMethods(server, url, ENDPOINT_METHODS)
}

function serveSessions(server: FastifyInstance, word: Word, sessions: WhipSessions): void {
  const url = `/:app/${word}/:id/:secret`
  server.patch(url, (request: SessionRequest, reply) => trickle(request, reply, findSession(request, word, sessions)))
  server.delete(url, (request: SessionRequest, reply) => {
    findSession(request, word, sessions).exchange.leave('ended')
    return reply.code(200).send()
  })
  server.options(url, (_request, reply) =>
    reply
      .code(204)
      .headers({ ...preflight(SESSION_METHODS), 'Accept-Patch': SDP_FRAGMENT })
      .send(),
  )
  refuseOtherMethods(server, url, SESSION_METHODS)
}

interface Endpoint {
  readonly word: Word
  readonly sessions: WhipSessions
  readonly options: WhipOptions
}

async function takeOffer(
  { params, headers, raw, body }: OfferRequest,
  reply: FastifyReply,
  { word, sessions, options }: Endpoint,
): Promise<FastifyReply> {
  const { app } = params
  if (!options.apps.includes(app)) throw new AmsctlError('NOT_FOUND', 'no such app here')
  requireType(headers['content-type'], SDP, reply)
  const place = { app, streamId: parseStreamId(params.id), type: TYPES[word] }
  const request = offerRequest(raw, place, options.settings()['trusted-proxies'])
  const session = sessions.open(request, body ?? '')
  if ('code' in session) return send(reply, session)
  // Who does not wait for the answer learns of no session to own.
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) session.exchange.leave('lost')
  })
  const outcome = await session.outcome
  if (outcome.ok) return created(reply, session, { word, answer: outcome.answer, servers: options.engine?.iceServers })
  if (outcome.failure.code === 'TOKEN_MISSING') reply.header('WWW-Authenticate', 'Bearer')
  return send(reply, outcome.failure)
}

interface Created {
  readonly word: Word
  readonly answer: string
  readonly servers: readonly IceServer[] | undefined
}

function created(
  reply: FastifyReply,
  { etag, request, secret }: WhipSession,
  { answer, servers = [], word }: Created,
): FastifyReply {
  if (servers.length > 0) reply.header('Link', iceLinks(servers))
  return reply
    .code(201)
    .headers({
      'Content-Type': SDP,
      Location: `/${request.app}/${word}/${request.streamId}/${secret}`,
      ETag: etag,
      'Accept-Patch': SDP_FRAGMENT,
    })
    .send(answer)
}

/** Candidates of the client, RFC 9725 section 4.3.2; there is no ICE restart. */
function trickle(
  { headers, body }: SessionRequest,
  reply: FastifyReply,
  { etag, exchange, userNames }: WhipSession,
): FastifyReply {
  requireType(headers['content-type'], SDP_FRAGMENT, reply)
  // Without ICE restarts there is one ETag, so those who name none, as clients older than the RFC, mean no other.
  const ifMatch = headers['if-match'] ?? etag
  if (!matches(ifMatch, etag)) throw new AmsctlError('PRECONDITION_FAILED', 'If-Match is not the ETag of the session')
  const fragment = readFragment(body ?? '')
  if (!fragment) throw new AmsctlError('BAD_REQUEST', 'the body is no SDP fragment of ICE')
  if (fragment.userNames.some((name) => !userNames.has(name))) {
    throw new AmsctlError('ICE_RESTART_UNSUPPORTED', 'a session takes no ICE restart; open a new one')
  }
  for (const { candidate, mid } of fragment.candidates) exchange.addCandidate(candidate, mid)
  return reply.code(204).send()
}

/** To those who do not know its address a session does not exist. */
function findSession({ params }: SessionRequest, word: Word, sessions: WhipSessions): WhipSession {
  const session = sessions.find(params.secret)
  const { app, streamId, type } = session?.request ?? {}
  if (session && app === params.app && streamId === params.id && type === TYPES[word]) return session
  throw new AmsctlError('SESSION_NOT_FOUND', 'there is no such session, or it is over')
}

function requireType(contentType: string | undefined, type: string, reply: FastifyReply): void {
  if (isOfType(contentType, type)) return
  reply.header(type === SDP ? 'Accept-Post' : 'Accept-Patch', type)
  throw new AmsctlError('CONTENT_TYPE_UNSUPPORTED', `the body must be ${type}`)
}
