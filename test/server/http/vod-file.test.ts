import { writeFile } from 'node:fs/promises'
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { sendFile } from '../../../src/server/http/vod-file.ts'
import { temporaryDirectory } from '../../support/amsctl.ts'

it('is no fault of a file whose client has gone before it is read', async () => {
  const directory = await temporaryDirectory()
  await writeFile(join(directory, 'film.mp4'), 'film')
  const request = new IncomingMessage(new Socket())
  request.method = 'GET'
  const response = new ServerResponse(request)
  response.destroy()
  const { signal } = new AbortController()
  const visit = { ok: true, sessionId: null, signal, delivered: () => {}, done: () => {} } as const
  const file = { directory, name: 'film.mp4', bytes: 4 }
  expect(await sendFile(request, response, { file, visit, patience: 1000 })).toBeUndefined()
})
