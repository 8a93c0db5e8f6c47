import { AmsctlError } from '../domain/errors.ts'
import type { TokenType } from '../domain/token.ts'
import type { Actor, Services } from '../services/administration.ts'
import type {
  DaemonOperations,
  KickReport,
  ListedSession,
  StreamName,
  StreamView,
} from '../services/daemon-operations.ts'
import { NodeWatch } from '../services/node-watch.ts'
import type { Nodes } from '../services/nodes.ts'
import type { Store } from '../services/ports.ts'

type Question =
  | { readonly about: 'sessions' }
  | { readonly about: 'streams' }
  | { readonly about: 'kick'; readonly by: Actor; readonly order: { readonly id: string; readonly revoke: boolean } }
  | { readonly about: 'end-stream'; readonly by: Actor; readonly stream: StreamName }
  | { readonly about: 'open-ones'; readonly types: readonly TokenType[]; readonly kick: boolean }

/** Operations on this node alone. */
type Own = (actor: Actor) => DaemonOperations

const NOBODY: Actor = { by: 'daemon', protocol: 'cli', address: null }

/** Joins the nodes that share the store, if any do; returns how to leave them. */
export async function joinNodes(store: Store, services: Services, own: Own): Promise<() => Promise<void>> {
  const { shared } = store
  const nodes = shared?.nodes
  if (!shared || !nodes) return async () => {}
  const { sessions, settings, clock } = services
  const answer = (question: unknown) => answerTo(question as Question, services, own)
  const parts = { node: nodes.name, shared, store: store.sessions, tokens: store.tokens, sessions, settings, clock }
  await nodes.join(new NodeWatch({ ...parts, answer }))
  return () => nodes.leave()
}

/** Operations that reach every node. */
export function acrossNodes(own: DaemonOperations, by: Actor, nodes: Nodes): DaemonOperations {
  const ask = async <T>(question: Question) => (await nodes.ask(question)) as T[]
  // Without the store this node can be looked after all the same.
  const gather = async <T>(question: Question) => (await ask<T[]>(question).catch(noneIfStoreFailed<T[]>)).flat()
  return {
    ...own,
    listSessions: async () => [...(await own.listSessions()), ...(await gather<ListedSession>({ about: 'sessions' }))],
    listStreams: async () => [...(await own.listStreams()), ...(await gather<StreamView>({ about: 'streams' }))],
    kickSession: (order) =>
      orElsewhere(
        () => own.kickSession(order),
        () => ask({ about: 'kick', by, order }),
      ),
    endStream: (stream) =>
      orElsewhere(
        () => own.endStream(stream),
        () => ask({ about: 'end-stream', by, stream }),
      ),
    async setTokenControl(order) {
      const report = await own.setTokenControl(order)
      const { types, enable, kick } = order
      const elsewhere = await ask<number>({ about: 'open-ones', types, kick: enable && kick })
      return { ...report, connections: elsewhere.reduce((sum, count) => sum + count, report.connections) }
    },
  }
}

async function answerTo(question: Question, { sessions, settings }: Services, own: Own): Promise<unknown> {
  switch (question.about) {
    case 'sessions':
      return own(NOBODY).listSessions()
    case 'streams':
      return own(NOBODY).listStreams()
    case 'kick':
      return own(question.by).kickSession(question.order)
    case 'end-stream':
      return own(question.by).endStream(question.stream)
    case 'open-ones':
      // Whoever is sent away comes back at once, and must not find token control off.
      await settings.reload()
      return question.kick ? sessions.endOpenOnes(question.types) : sessions.openOnes(question.types)
  }
}

/** A node that has not got what is asked for does not answer. */
async function orElsewhere(
  here: () => Promise<KickReport>,
  elsewhere: () => Promise<readonly KickReport[]>,
): Promise<KickReport> {
  try {
    return await here()
  } catch (error) {
    if (!(error instanceof AmsctlError) || !ABSENT.includes(error.code)) throw error
    const [report] = await elsewhere()
    if (report) return report
    throw error
  }
}

function noneIfStoreFailed<T>(error: unknown): T[] {
  if (error instanceof AmsctlError && error.code === 'STORE_FAILED') return []
  throw error
}

const ABSENT: readonly string[] = ['SESSION_NOT_FOUND', 'STREAM_NOT_LIVE']
