import { X509Certificate } from 'node:crypto'
import { type Check, named, reasonOf } from './check.ts'

const DAY = 86_400_000
const SOON = 14 * DAY
const result = named('tls', 'configuration')

/** Whether certificate and key can be used together, now and for the next two weeks. */
export async function checkTls(files: { readonly cert: string; readonly key: string } | null): Promise<Check> {
  if (files === null) return result('skip', 'no --tls-cert and --tls-key given')
  try {
    const { loadTls } = await import('../../daemon/tls.ts')
    const certificate = new X509Certificate((await loadTls(files)).cert)
    return judge(files.cert, Date.parse(certificate.validFrom), Date.parse(certificate.validTo))
  } catch (error) {
    return result('fail', reasonOf(error))
  }
}

function judge(file: string, from: number, to: number): Check {
  const now = Date.now()
  const end = new Date(to).toISOString()
  if (now < from) return result('fail', `${file} is not valid before ${new Date(from).toISOString()}`)
  if (now >= to) return result('fail', `${file} expired at ${end}`)
  if (to - now < SOON) return result('warn', `${file} expires in ${Math.floor((to - now) / DAY)} days, at ${end}`)
  return result('ok', `certificate and key match; valid until ${end}`)
}
