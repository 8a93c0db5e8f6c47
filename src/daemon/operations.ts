import { AmsctlError } from '../domain/errors.ts'
import { toRfc3339 } from '../domain/units.ts'
import type { Hub } from '../media/hub.ts'
import type { Inspections } from '../media/inspection.ts'
import type { Recordings } from '../media/recording/recordings.ts'
import { type Actor, administer, type Services } from '../services/administration.ts'
import type { AuditTrail } from '../services/audit-trail.ts'
import type { DaemonOperations, DaemonStatus, KickReport } from '../services/daemon-operations.ts'

export interface RunningParts {
  readonly hub: Hub
  readonly inspections: Inspections
  readonly recordings: Recordings
  readonly trail: AuditTrail
  readonly status: () => Promise<DaemonStatus>
  /** This machine's name. */
  readonly node: string
}

/** What can be done with a running daemon, in the name of `actor`. */
export function daemonOperations(actor: Actor, services: Services, parts: RunningParts): DaemonOperations {
  const { hub, inspections, recordings, trail, status, node } = parts
  const { sessions, audit } = services
  const store = administer(services, actor)

  async function kickSession({ id, revoke }: { readonly id: string; readonly revoke: boolean }): Promise<KickReport> {
    const session = sessions.kick(id)
    const { tokenId, app, streamId, type } = session
    const { by, address } = actor
    audit.record({ event: 'kick', by, address, sessionId: id, tokenId, app, streamId, type })
    if (tokenId === null) return { id, tokenId, usesLeft: null, revoked: false }
    if (revoke) await store.revokeTokens({ refs: [tokenId] })
    const { usesLeft } = await store.showToken(tokenId)
    return { id, tokenId, usesLeft: revoke ? 0 : usesLeft, revoked: revoke }
  }

  return {
    ...store,
    status,
    listStreams: async () =>
      hub.list().map((stream) => ({
        ...stream,
        node,
        since: toRfc3339(Math.floor(stream.since / 1000)),
        recording: recordings.isRecording(stream),
        warnings: inspections.of(hub.find(stream.app, stream.streamId)).warnings,
      })),
    listSessions: async () => sessions.list().map((session) => ({ ...session, node })),
    kickSession,

    startRecording: async ({ app, streamId }) => {
      const { file, already } = await recordings.start({ app, streamId })
      return { app, streamId, file, recording: file !== null, complete: false, already }
    },

    stopRecording: async ({ app, streamId }) => {
      const { file, complete } = await recordings.stop({ app, streamId })
      return { app, streamId, file, recording: false, complete, already: false }
    },

    async endStream({ app, streamId }) {
      if (!hub.find(app, streamId)) throw new AmsctlError('STREAM_NOT_LIVE', `${app}/${streamId} is not live`)
      const publisher = sessions
        .list()
        .find((session) => session.type === 'publish' && session.app === app && session.streamId === streamId)
      if (publisher) return kickSession({ id: publisher.id, revoke: false })
      throw new AmsctlError('SESSION_NOT_FOUND', `nobody publishes ${app}/${streamId} at this moment`)
    },

    recentAudit: (query) => trail.search(query),
  }
}
