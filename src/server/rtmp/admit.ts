import type { AccessRequest, Refusal } from '../../domain/access.ts'
import type { LiveStream, MediaHub, Publication } from '../../media/ports.ts'
import type { AccessControl, Admission, Attempt, Connection } from '../../services/access-control.ts'
import { type Denial, denyBusy, denyNotLive, denyRefused } from './access.ts'

/** The client at the door. */
export interface Client extends Connection {
  /** It hung up, or was ended, while others were asked about it. */
  isGone(): boolean
}

export type Entry =
  | { readonly ok: true; readonly type: 'publish'; readonly admission: Admission; readonly publication: Publication }
  | { readonly ok: true; readonly type: 'play'; readonly admission: Admission; readonly stream: LiveStream }

interface Door {
  readonly access: AccessControl
  readonly hub: MediaHub
}

/** Asks the gate, then whether the stream can be served, and only then spends. undefined: the client is gone. */
export async function admit(door: Door, request: AccessRequest, client: Client): Promise<Entry | Denial | undefined> {
  const attempt = await door.access.reserve(request)
  if (!attempt.ok) return denyRefused(request.type, attempt)
  if (client.isGone()) {
    attempt.release()
    return undefined
  }
  return request.type === 'publish'
    ? admitPublisher(door.hub, attempt, request, client)
    : admitPlayer(door.hub, attempt, request, client)
}

async function admitPublisher(
  hub: MediaHub,
  attempt: Attempt,
  request: AccessRequest,
  client: Client,
): Promise<Entry | Denial> {
  const publication = hub.claim(request.app, request.streamId)
  if (!publication) {
    attempt.release()
    return denyBusy()
  }
  let admission: Admission | Refusal | undefined
  try {
    admission = await attempt.spend(client)
  } finally {
    if (!admission?.ok) publication.release()
  }
  return admission.ok ? { ok: true, type: 'publish', admission, publication } : denyRefused('publish', admission)
}

async function admitPlayer(
  hub: MediaHub,
  attempt: Attempt,
  request: AccessRequest,
  client: Client,
): Promise<Entry | Denial> {
  const stream = hub.find(request.app, request.streamId)
  if (!stream) {
    attempt.release()
    return denyNotLive()
  }
  const admission = await attempt.spend(client)
  return admission.ok ? { ok: true, type: 'play', admission, stream } : denyRefused('play', admission)
}

/** The client went away after all had been granted: the use is spent, `reconnect-grace` covers it. */
export function abandon(entry: Entry): void {
  if (entry.type === 'publish') entry.publication.release()
  entry.admission.leave('lost')
}
