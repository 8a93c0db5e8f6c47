import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryDirectory } from '../../support/amsctl.ts'
import { aCertificate } from '../../support/certificate.ts'
import { freePort } from '../../support/ports.ts'
import { describeWith } from '../../support/programs.ts'
import { aRedisStore, RedisServer } from '../../support/redis.ts'
import { tokenNumber } from '../../support/store.ts'

describeWith(['redis-server', 'openssl'], 'a store behind TLS and an ACL', () => {
  it('is used by who knows its certificate and logs in as a user of little power', async () => {
    const directory = await temporaryDirectory()
    const { cert, key } = await aCertificate('localhost')
    const [certFile, keyFile] = [join(directory, 'cert.pem'), join(directory, 'key.pem')]
    await writeFile(certFile, cert)
    await writeFile(keyFile, key)
    const port = await freePort()
    const tls = [
      '--tls-port',
      `${port}`,
      '--tls-cert-file',
      certFile,
      '--tls-key-file',
      keyFile,
      '--tls-auth-clients',
      'no',
    ]
    const rules = ['on', '>sesame', '~amsctl:*', '&amsctl:*', '-@all', '+@all', '-@admin', '-@dangerous', '+info']
    const server = await RedisServer.start(...tls, '--user', 'amsctl', ...rules)
    try {
      const url = `rediss://amsctl@localhost:${port}/0`
      await expect(aRedisStore(url, { password: 'sesame' })).rejects.toMatchObject({ code: 'STORE_FAILED' })
      const store = await aRedisStore(url, { password: 'sesame', ca: cert.toString() })
      await store.tokens.add([tokenNumber(1)])
      expect(await store.tokens.findByHash(tokenNumber(1).hash)).toEqual(tokenNumber(1))
      await store.shared?.nodes?.join({
        hear: () => {},
        catchUp: async () => {},
        answer: async () => 0,
        inherit: () => {},
      })
      await store.close()
    } finally {
      await server.stop()
    }
  })
})
